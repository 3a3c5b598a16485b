import { checkCondition, checkPolicy } from './alerts.ts'
import { buildCorrection, buildEvent, buildProvider } from './calendar-kinds.ts'
import { type Context, createRegistry, specOf } from './context.ts'
import { type DefinitionFile, type DocumentNode, type ReadFile, readFile } from './documents.ts'
import { documentsInUse, type SoundDocuments, soundDocuments } from './documents-in-use.ts'
import { checkFeasibility } from './feasible.ts'
import { withoutDoubles } from './identities.ts'
import { readIndicator } from './indicators.ts'
import { buildJourney, withoutCycles } from './journeys.ts'
import type { DefinedSlo, Definitions, Origin, Problem, ServiceDefinition } from './model.ts'
import { collectPolicies } from './policies.ts'
import { createReport } from './report.ts'
import { buildSlo } from './slo.ts'
import { buildDataSource, buildService, buildTarget } from './sources.ts'
import { withoutTangles } from './tangles.ts'

export interface LoadOptions {
  /** Holds files to the letter of OpenSLO v1: what is otherwise a warning with a sensible reading is an error. */
  readonly strict?: boolean
  /** The commit that last changed each file, by the file's name. */
  readonly commits?: ReadonlyMap<string, NonNullable<Origin['commit']>>
}

/** One file, read, with what is wrong in it alone. Worth keeping while its text stays the same. */
export interface CheckedFile extends ReadFile {
  readonly problems: readonly Problem[]
}

/** A load, with what the next one falls back to where a file breaks. */
export interface Loaded {
  readonly definitions: Definitions
  readonly documents: SoundDocuments
}

const EMPTY: Definitions = {
  slos: [],
  sources: [],
  services: [],
  journeys: [],
  corrections: [],
  events: [],
  providerSlas: [],
  targets: [],
  problems: [],
}

export const NOTHING_LOADED: Loaded = { definitions: EMPTY, documents: new Map() }

/**
 * Loads every document of every file. Pure and total: whatever the texts hold, it gives what works and tells what does
 * not, all at once.
 */
export function loadDefinitions(files: readonly DefinitionFile[], options: LoadOptions = {}): Definitions {
  const checked = files.map((file) => checkFile(file, options.strict ?? false))
  return assemble(checked, options, NOTHING_LOADED).definitions
}

export function checkFile(file: DefinitionFile, strict: boolean): CheckedFile {
  const report = createReport({ strict })
  const read = readFile(file, report)
  return { ...read, problems: report.problems() }
}

/** Puts read files together. What is broken now stays as it was when it last was good. */
export function assemble(files: readonly CheckedFile[], options: LoadOptions, earlier: Loaded): Loaded {
  const strict = options.strict ?? false
  const report = createReport({ strict })
  for (const file of files) for (const problem of file.problems) report.add(problem)
  const { documents, standIns } = documentsInUse(files, earlier.documents)
  const registry = createRegistry(documents, report)
  const policies = collectPolicies(registry.all('BurnPolicy'), report)
  const context: Context = { report, registry, policies, commitOf: (file) => options.commits?.get(file) }
  // A stand-in was told about when it was current; its places are those of a text that is gone.
  const quiet: Context = { ...context, report: createReport({ strict }) }
  const before = earlier.definitions
  const builder = <T>(kind: string, make: (document: DocumentNode, context: Context) => T | undefined) =>
    registry.all(kind).flatMap((document) => {
      const standIn = standIns.has(document)
      const value = make(document, standIn ? quiet : context)
      // A document whose shape has faults is looked at all the same, so that all its faults are told at once.
      return document.sound ? [{ document, standIn, value }] : []
    })
  const named = <T extends { readonly name: string }>(
    kind: string,
    old: readonly T[],
    make: (document: DocumentNode, context: Context) => T | undefined,
  ): readonly T[] =>
    builder(kind, make).flatMap(
      ({ document, value }) => value ?? old.find((o) => o.name === document.name) ?? [],
    )
  const builtSlos = builder('SLO', buildSlo).flatMap(({ document, standIn, value }) => {
    if (value) return standIn ? { ...value, lastGood: true } : value
    const old = before.slos.find(({ slo }) => slo.name === document.name)
    return old ? { ...old, lastGood: true } : []
  })
  const slos = withoutDoubles(builtSlos, context)
  const byName = new Map(slos.map((defined) => [defined.slo.name, defined]))
  const journeys = named('Journey', before.journeys, (document, c) =>
    buildJourney(document, { context: c, slos: byName }),
  )
  const definitions: Definitions = {
    slos,
    sources: named('DataSource', before.sources, buildDataSource),
    services: withImplied(named('Service', before.services, buildService), slos),
    journeys: withoutTangles(withoutCycles(journeys, context), context),
    corrections: named('Correction', before.corrections, (document, c) =>
      buildCorrection(document, byName, c),
    ),
    events: named('TrafficEvent', before.events, buildEvent),
    providerSlas: named('ProviderSLA', before.providerSlas, buildProvider),
    targets: named('AlertNotificationTarget', before.targets, buildTarget),
    problems: [],
  }
  checkFeasibility(definitions, context)
  lookAtTheRest(context)
  return {
    definitions: { ...definitions, problems: report.problems() },
    documents: soundDocuments(documents),
  }
}

/** Services that SLOs name without a document: OpenSLO allows it, and people look for them. */
function withImplied(
  services: readonly ServiceDefinition[],
  slos: readonly DefinedSlo[],
): readonly ServiceDefinition[] {
  const known = new Set(services.map((service) => service.name))
  const implied = [...new Set(slos.map(({ slo }) => slo.service))].filter((name) => !known.has(name))
  return [...services, ...implied.map((name) => ({ name, displayName: name, description: '', labels: {} }))]
}

/** Documents that no SLO uses have faults all the same. */
function lookAtTheRest(context: Context): void {
  for (const document of context.registry.all('SLI'))
    if (document.sound) readIndicator(specOf(document), context)
  for (const document of context.registry.all('AlertPolicy'))
    if (document.sound) checkPolicy(document, context)
  for (const document of context.registry.all('AlertCondition'))
    if (document.sound) checkCondition(document, context)
}
