import { describe, expect, test } from 'vitest'
import type { Taken } from '../../../src/collectors/push/intake.ts'
import { delivery, FaultyLedger, MINUTE, START, start } from './rig.ts'

/** What a promise gave so far. */
function seen(promise: Promise<Taken>): { kind: string } {
  const found = { kind: 'waits' }
  void promise.then(({ kind }) => {
    found.kind = kind
  })
  return found
}

describe('a delivery', () => {
  test('is answered once it is on disk, together with those that came with it', async () => {
    const { world, ledger, send } = await start()
    const [first, second] = [seen(send('a', { events: 2 })), seen(send('b', { events: 3 }))]
    await world.advance(100)
    expect([first.kind, second.kind, ledger.counted]).toEqual(['waits', 'waits', 0])
    await world.advance(400)
    expect([first.kind, second.kind, ledger.counted]).toEqual(['counted', 'counted', 5])
    expect(ledger.steps).toHaveLength(1)
  })

  test('waits a second at most when others keep coming', async () => {
    const { world, ledger, send } = await start()
    const first = seen(send('first'))
    for (let i = 0; i < 12; i++) {
      await world.advance(100)
      void send(`later ${i}`)
    }
    expect(first.kind).toBe('counted')
    expect(ledger.steps).toHaveLength(1)
  })

  test('counts once however often it is sent', async () => {
    const { world, ledger, send } = await start()
    const [first, again] = [seen(send('a')), seen(send('a'))]
    await world.advance(500)
    expect([first.kind, again.kind]).toEqual(['counted', 'repeated'])
    expect((await send('a')).kind).toBe('repeated')
    expect(ledger.counted).toBe(1)
  })

  test('without identity is new each time', async () => {
    const { world, ledger, intake } = await start()
    for (let i = 0; i < 3; i++) void intake.take({ ...delivery('same'), identity: undefined })
    await world.advance(500)
    expect(ledger.counted).toBe(3)
  })

  test('is turned away when too much waits, and taken later', async () => {
    const { world, ledger, send, intake } = await start({ maxWaiting: 10_000 })
    ledger.fates.push('hangs')
    void send('a', { bytes: 5_000 })
    await world.advance(500)
    void send('b', { bytes: 2_000 })
    const refused = await send('c', { bytes: 2_000 })
    expect(refused.kind).toBe('full')
    expect(intake.numbers().events).toBe(2)
    for (const end of ledger.hanging) end()
    await world.advance(1_000)
    const taken = seen(send('c', { bytes: 2_000 }))
    await world.advance(1_000)
    expect([taken.kind, ledger.counted]).toEqual(['counted', 3])
  })

  test('larger than all that may wait is taken when nothing waits', async () => {
    const { world, send } = await start({ maxWaiting: 10_000 })
    const taken = seen(send('a', { bytes: 50_000 }))
    await world.advance(500)
    expect(taken.kind).toBe('counted')
  })

  test('before and after the run is not taken', async () => {
    const { send, stop, ledger } = await start()
    await stop()
    expect((await send('a')).kind).toBe('failed')
    expect(ledger.counted).toBe(0)
  })

  test('that waits at the end is written', async () => {
    const { send, stop, ledger } = await start()
    const waiting = seen(send('a'))
    await stop()
    expect([waiting.kind, ledger.counted]).toEqual(['counted', 1])
  })
})

describe('a write that fails', () => {
  for (const fate of ['lost', 'done-but-failed'] as const) {
    test(`(${fate}) is told to the sender, and what it sends again counts once`, async () => {
      const { world, ledger, send, intake } = await start()
      ledger.fates.push(fate, 'lost')
      const first = seen(send('a'))
      await world.advance(500)
      expect(first.kind).toBe('failed')
      expect(intake.numbers().problem?.text).toMatch(/^the ledger could not be written: the /)
      const again = seen(send('a'))
      const other = seen(send('b'))
      await world.advance(1_500)
      expect([again.kind, other.kind]).toEqual(['failed', 'failed'])
      const third = [seen(send('a')), seen(send('b'))]
      await world.advance(5_000)
      expect(third.map(({ kind }) => kind)).toEqual(['repeated', 'repeated'])
      expect(ledger.counted).toBe(2)
      expect(intake.numbers().problem).toBeUndefined()
    })
  }

  test('counts although its sender gave up: what happened, happened', async () => {
    const { world, ledger, send } = await start()
    ledger.fates.push('lost')
    void send('a')
    await world.advance(10_000)
    expect(ledger.counted).toBe(1)
  })

  test('does not let more wait than may', async () => {
    const { world, ledger, send } = await start({ maxWaiting: 10_000 })
    ledger.fates.push(...Array.from({ length: 100 }, () => 'lost' as const))
    for (let i = 0; i < 20; i++) {
      void send(`${i}`, { bytes: 1_000 })
      await world.advance(300)
    }
    expect(await send('last', { bytes: 1_000 })).toMatchObject({
      kind: 'failed',
      reason: 'the ledger could not be written: the disk is full',
    })
    ledger.fates.length = 0
    await world.advance(10_000)
    expect(ledger.counted).toBe(4)
  })

  test('is told when it hangs, before the sender gives up, and its end is waited for', async () => {
    const { world, ledger, send } = await start()
    ledger.fates.push('hangs')
    const first = seen(send('a'))
    await world.advance(8_500)
    expect(first.kind).toBe('failed')
    const [again, other] = [seen(send('a')), seen(send('b'))]
    await world.advance(100)
    expect([again.kind, other.kind]).toEqual(['waits', 'waits'])
    for (const end of ledger.hanging) end()
    await world.advance(1_000)
    expect([again.kind, other.kind, ledger.counted]).toEqual(['repeated', 'counted', 2])
  })

  test('is tried again when it hangs for a minute, and changes nothing when it ends after all', async () => {
    const { world, ledger, send } = await start()
    ledger.fates.push('hangs')
    void send('a')
    await world.advance(70_000)
    expect(ledger.counted).toBe(1)
    void send('b')
    await world.advance(1_000)
    for (const end of ledger.hanging) end()
    await world.advance(1_000)
    expect(ledger.counted).toBe(2)
  })

  test('does not hold up the end for ever', async () => {
    const { world, ledger, send, stop } = await start()
    ledger.fates.push('hangs', 'hangs', 'hangs')
    const first = seen(send('a'))
    await world.advance(500)
    const ended = stop()
    await world.advance(20_000)
    await ended
    expect(first.kind).toBe('failed')
    expect(world.lines.map(({ message }) => message)).toContain('could not be written before the end')
  })
})

describe('after a crash', () => {
  test('what was counted is known again, and what was not is counted', async () => {
    const before = await start()
    void before.send('a')
    await before.world.advance(500)
    before.ledger.fates.push('hangs')
    void before.send('b')
    await before.world.advance(500)
    const { ledger, world } = before
    const after = await start({ ledger, world })
    const [a, b] = [seen(after.send('a')), seen(after.send('b'))]
    await after.world.advance(500)
    expect([a.kind, b.kind, ledger.counted]).toEqual(['repeated', 'counted', 2])
  })

  test('between the write and the answer the retry counts once', async () => {
    const before = await start()
    before.ledger.fates.push('done-but-failed')
    void before.send('a', { events: 7 })
    await before.world.advance(300)
    const { ledger, world } = before
    const after = await start({ ledger, world })
    expect((await after.send('a', { events: 7 })).kind).toBe('repeated')
    expect(ledger.counted).toBe(7)
  })

  test('a window later it is forgotten, and no more is kept than the ring holds', async () => {
    const before = await start({ windowMs: 60_000 })
    void before.send('old')
    for (let i = 0; i < 200; i++) {
      await before.world.advance(1_000)
      void before.send(`${i}`)
    }
    await before.world.advance(1_000)
    const { ledger, world } = before
    expect(ledger.checkpoints.size).toBe(64)
    const after = await start({ ledger, world, windowMs: 60_000 })
    const [old, recent] = [seen(after.send('old')), seen(after.send('150'))]
    await world.advance(500)
    expect([old.kind, recent.kind]).toEqual(['counted', 'repeated'])
  })

  test('what was remembered is known, however long ago it was said', async () => {
    const before = await start({ windowMs: 60_000 })
    void before.send('a', { more: (into) => into.remember('total', '41') })
    void before.send('b', { more: (into) => into.remember('total', '42') })
    for (let i = 0; i < 200; i++) {
      await before.world.advance(1_000)
      void before.send(`${i}`)
    }
    await before.world.advance(1_000)
    expect(before.intake.recall('total')).toBe('42')
    const { ledger, world } = before
    const after = await start({ ledger, world, windowMs: 60_000 })
    expect(after.intake.recall('total')).toBe('42')
    expect(after.intake.recall('other')).toBeUndefined()
  })

  test('a ledger that cannot be read at first is asked again', async () => {
    const ledger = new FaultyLedger()
    let asked = 0
    const failing = Object.assign(ledger, {
      checkpoint: async () => {
        if (asked++ < 64) throw new Error('it is starting')
        return undefined
      },
    })
    const { createTestWorld } = await import('../../world.ts')
    const world = createTestWorld({ start: START })
    const starting = start({ ledger: failing, world })
    await world.advance(5_000)
    const rig = await starting
    const taken = seen(rig.send('a'))
    await world.advance(500)
    expect(taken.kind).toBe('counted')
  })
})

describe('a writer', () => {
  test('ends after ten minutes, and what comes late for its minutes is added', async () => {
    const { world, ledger, send } = await start()
    void send('early', { events: 5 })
    await world.advance(700_000)
    void send('turns over', { events: 1 })
    await world.advance(1_000)
    void send('late', { events: 3, minute: MINUTE })
    await world.advance(1_000)
    expect(ledger.counted).toBe(9)
    expect(new Set(ledger.steps.map(({ writer }) => writer.replace(/^run-\d+/, 'run')))).toEqual(
      new Set(['run/1', 'run/2']),
    )
  })

  test('has revisions that rise over restarts, for the keeper of the checkpoints', async () => {
    const before = await start()
    void before.send('a')
    await before.world.advance(500)
    const { ledger, world } = before
    world.setWall((world.clock.now() - 86_400) as never)
    const after = await start({ ledger, world })
    void after.send('b')
    await world.advance(500)
    const revisions = ledger.steps.map(({ revision }) => revision)
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
    expect(new Set(revisions).size).toBe(revisions.length)
    expect(new Set(ledger.steps.map(({ keeper }) => keeper))).toEqual(new Set(['push:apm']))
  })
})
