// Runs the tests of src/slo for Stryker inside its own process. They are pure functions of a fraction of a millisecond,
// so that what takes time is to start a worker and load the modules: here that happens once, not once a mutant.
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import { toMutantRunResult } from '@stryker-mutator/api/test-runner'
import { createServer } from 'vite'
import { declared } from './vitest.mjs'

const NAMESPACE = '__stryker__'
const FEW_RUNS = '25'
/**
 * A test runs for ever when it comes past mutants so many times as often as without any, and this often more. Counted
 * rather than timed, as a machine that is busy with other things is slow and not endless.
 */
const ENDLESS = { times: 10, more: 100_000 }

/** What instrumented code reads and counts into. */
const instrumented = (globalThis[NAMESPACE] ??= {})

/** Every place that could be changed asks which mutant is active: how often in the running test, and how often at most. */
const passed = { active: undefined, count: 0, most: Infinity }
Object.defineProperty(instrumented, 'activeMutant', {
  get: () => {
    if (++passed.count > passed.most) throw new Error('This test runs for ever')
    return passed.active
  },
  set: (mutant) => {
    passed.active = mutant
  },
})

function createRunner() {
  let server
  let loaded
  /** Milliseconds each test took without a mutant: the quickest that covers a mutant is tried first. */
  const took = new Map()
  /** How often each test comes past mutants without any. */
  const passes = new Map()

  async function load() {
    process.env.NINES_PROPERTY_RUNS = FEW_RUNS
    server = await createServer({
      configFile: false,
      logLevel: 'error',
      appType: 'custom',
      server: { middlewareMode: true, watch: null, ws: false },
      optimizeDeps: { noDiscovery: true },
      ssr: { noExternal: ['vitest'] },
      plugins: [
        {
          name: 'vitest-stand-in',
          enforce: 'pre',
          resolveId: (id) => (id === 'vitest' ? `${import.meta.dirname}/vitest.mjs` : undefined),
        },
      ],
    })
    const { default: fc } = await import('fast-check')
    // A score that can be compared with the last one rests on the same drawings. What fails need not be made small.
    fc.configureGlobal({ seed: 20_261_109, endOnFailure: true })
    const files = readdirSync('test/slo', { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.test.ts'))
    for (const file of files.toSorted((a, b) => (a < b ? -1 : 1))) {
      declared.fileName = resolve('test/slo', file)
      await server.ssrLoadModule(`/test/slo/${file}`)
    }
  }

  /** Runs tests until one fails. */
  async function run(chosen, stopAtFailure) {
    const results = []
    for (const { id, name, fileName, run: body } of chosen) {
      instrumented.currentTestId = id
      const usual = passes.get(id)
      passed.count = 0
      passed.most = usual === undefined ? Infinity : usual * ENDLESS.times + ENDLESS.more
      const began = performance.now()
      let failure
      try {
        await body()
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error)
      }
      instrumented.currentTestId = undefined
      const isEndless = passed.count > passed.most
      if (passed.active === undefined) passes.set(id, passed.count)
      passed.most = Infinity
      if (isEndless) return { status: 'timeout', reason: `${name} runs for ever` }
      const timeSpentMs = performance.now() - began
      const told = { id, name, fileName, timeSpentMs }
      results.push(
        failure === undefined ? { ...told, status: 0 } : { ...told, status: 1, failureMessage: failure },
      )
      if (failure !== undefined && stopAtFailure) break
    }
    return { status: 'complete', tests: results }
  }

  return {
    // A mutant of what runs while modules load asks for a process of its own.
    capabilities: () => ({ reloadEnvironment: false }),
    dryRun: async () => {
      loaded ??= load()
      await loaded
      const result = await run(declared.tests, false)
      return { ...result, mutantCoverage: instrumented.mutantCoverage }
    },
    mutantRun: async ({ activeMutant, mutantActivation, testFilter }) => {
      instrumented.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined
      loaded ??= load()
      await loaded
      if (passes.size === 0 && mutantActivation !== 'static') await run(declared.tests, false)
      instrumented.activeMutant = activeMutant.id
      const chosen = testFilter ? declared.tests.filter(({ id }) => testFilter.includes(id)) : declared.tests
      const result = await run(
        chosen.toSorted((a, b) => (took.get(a.id) ?? 0) - (took.get(b.id) ?? 0)),
        true,
      )
      for (const { id, timeSpentMs, status } of result.tests ?? [])
        if (status === 0) took.set(id, timeSpentMs)
      return toMutantRunResult(result)
    },
    dispose: () => server?.close(),
  }
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'in-process', createRunner)]
