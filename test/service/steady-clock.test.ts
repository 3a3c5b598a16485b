import { beforeEach, expect, test } from 'vitest'
import { type Clock, unixSeconds } from '../../src/base/index.ts'
import { createSteadyClock } from '../../src/service/steady-clock.ts'

const START = 1_790_000_000

let wallMs = 0
let monotonicMs = 0
let steady: Clock

beforeEach(() => {
  wallMs = START * 1_000
  monotonicMs = 500
  steady = createSteadyClock({
    now: () => unixSeconds(Math.floor(wallMs / 1_000)),
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    sleep: () => Promise.resolve(),
  })
})

/** Both clocks move on; somebody looks each second, as the loops do. */
function pass(seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    wallMs += 1_000
    monotonicMs += 1_000
    steady.now()
  }
}

test('time passes as the wall clock says', () => {
  pass(90)
  expect(steady.now()).toBe(START + 90)
  expect(steady.nowMs()).toBe(wallMs)
})

test.each([-3_600, 3_600])('a jump of %d s that is taken back within a minute never was', (jump) => {
  pass(10)
  wallMs += jump * 1_000
  pass(50)
  expect(steady.now()).toBe(START + 60)
  wallMs -= jump * 1_000
  pass(10)
  expect(steady.now()).toBe(START + 70)
})

test.each([-3_600, 3_600])('a jump of %d s that stays is believed after a minute', (jump) => {
  wallMs += jump * 1_000
  pass(60)
  expect(steady.now()).toBe(START + 60)
  pass(1)
  expect(steady.now()).toBe(START + 61 + jump)
})

test('a clock that is being adjusted is followed at once', () => {
  for (let i = 0; i < 100; i++) {
    wallMs -= 100
    pass(1)
    expect(steady.nowMs()).toBe(wallMs)
  }
})

test('a clock that jumps again and again is not believed until it rests', () => {
  for (let i = 0; i < 10; i++) {
    wallMs += i % 2 === 0 ? 3_600_000 : -3_600_000
    pass(40)
  }
  expect(steady.now()).toBe(START + 400)
})
