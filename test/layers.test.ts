import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

// Who may import whom: the table of README.md, held. A module is a folder of src; it is entered by its index.ts.
const MAY: Record<string, readonly string[]> = {
  base: [],
  traffic: ['base'],
  slo: ['base'],
  alerting: ['base', 'slo'],
  contract: ['base', 'slo', 'alerting', 'traffic'],
  definitions: ['base', 'traffic', 'slo', 'alerting'],
  collectors: ['base', 'traffic'],
  store: ['base', 'traffic', 'slo', 'alerting'],
  notify: ['base', 'slo', 'alerting', 'charts'],
  http: ['base', 'traffic', 'slo', 'alerting', 'contract'],
  charts: ['base', 'slo', 'contract'],
  cli: ['base', 'traffic', 'slo', 'alerting', 'definitions', 'contract', 'charts'],
  // The composition root: it joins everything, and only main.ts imports it.
  service: [
    'base',
    'traffic',
    'slo',
    'alerting',
    'contract',
    'definitions',
    'collectors',
    'store',
    'notify',
    'http',
    'charts',
  ],
}
const ROOT = ['main.ts', 'athena.ts', 'serve.ts', 'ingest.ts', 'backfill.ts', 'system.ts']
const NO_PACKAGES = ['base', 'traffic', 'slo', 'alerting', 'charts']

const src = resolve(import.meta.dirname, '../src')
const web = resolve(import.meta.dirname, '../dashboards/web')

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && /\.tsx?$/.test(e.name) && !e.parentPath.includes('node_modules'))
    .map((e) => join(e.parentPath, e.name))
}

interface Import {
  readonly from: string
  readonly to: string
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g,
  )
  return [...found].map((m) => ({ from: file, to: m[1] ?? m[2] ?? m[3] ?? '' }))
}

function faults(file: string): string[] {
  const place = relative(src, file).split('/')
  const module = place.length > 1 ? place[0] : undefined
  const out: string[] = []
  for (const { to } of importsOf(file)) {
    const at = `${relative(src, file)} imports ${to}`
    if (!to.startsWith('.')) {
      if (module && NO_PACKAGES.includes(module)) out.push(`${at}: ${module} imports no packages`)
      continue
    }
    const target = relative(src, resolve(dirname(file), to)).split('/')
    if (target[0] === '..') {
      out.push(`${at}: outside src`)
      continue
    }
    if (target.length === 1) {
      if (module) out.push(`${at}: nothing imports ${ROOT.join(', ')}`)
      continue
    }
    if (target[0] === module) {
      if (target.length === 2 && target[1] === 'index.ts')
        out.push(`${at}: a module does not import its own face`)
      continue
    }
    if (module && !MAY[module]?.includes(target[0] ?? ''))
      out.push(`${at}: ${module} may not import ${target[0]}`)
    // The command line is one file a command, each loaded when it runs, so it has no face that loads them all.
    if (!module && target[0] === 'cli') continue
    if (target.length > 2 || target[1] !== 'index.ts') out.push(`${at}: enter ${target[0]} by its index.ts`)
  }
  return out
}

test('every import of src keeps to the table', () => {
  const files = filesBelow(src)
  expect(files.length).toBeGreaterThan(20)
  expect(files.flatMap(faults)).toEqual([])
})

test('every folder of src is in the table', () => {
  const folders = readdirSync(src, { withFileTypes: true })
    .filter((e) => e.isDirectory())
    .map((e) => e.name)
  expect(folders.filter((f) => !(f in MAY))).toEqual([])
})

test('the web app takes only contract and charts from src', () => {
  const out = filesBelow(web).flatMap((file) =>
    importsOf(file)
      .filter(({ to }) => to.startsWith('.') && !relative(src, resolve(dirname(file), to)).startsWith('..'))
      .filter(({ to }) => !/src\/(contract|charts)\/index\.ts$/.test(to))
      .map(({ to }) => `${relative(web, file)} imports ${to}`),
  )
  expect(out).toEqual([])
})

test('the table refuses what it should', () => {
  // The check is itself checked: a made-up import of a shell by the engine is a fault.
  expect(MAY['slo']?.includes('store')).toBe(false)
  expect(importsOf(import.meta.filename).some((i) => i.to === 'node:fs')).toBe(true)
})
