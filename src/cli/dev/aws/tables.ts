import { readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** A table as its CREATE EXTERNAL TABLE statement says. */
export interface TableDefinition {
  readonly database: string
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly partitions: readonly string[]
  readonly serde: 'regex' | 'json' | 'tab'
  /** Of a regular expression. */
  readonly expression: string
  /** Of JSON: keys by column, where they differ. */
  readonly mapping: ReadonlyMap<string, string>
  readonly headerLines: number
  readonly location: string
  readonly template: string | undefined
  readonly formats: ReadonlyMap<string, string>
}

/** An object that belongs to a table, with its partition's values. */
export interface TableObject {
  readonly path: string
  readonly size: number
  readonly partition: Readonly<Record<string, string>>
}

const NAME = '[`"]?([A-Za-z_][\\w-]*)[`"]?'

/** Reads a statement of the shape that `nines athena ddl` prints. Throws with a sentence for what it cannot. */
export function parseDdl(sql: string, database: string): TableDefinition {
  const head = new RegExp(
    `^\\s*CREATE\\s+EXTERNAL\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?(?:${NAME}\\.)?${NAME}\\s*\\(`,
    'i',
  ).exec(sql)
  if (head === null) throw new Error('FAILED: ParseException: only CREATE EXTERNAL TABLE is understood here')
  const open = head[0].length
  const close = sql.indexOf(')', open)
  const location = /LOCATION\s+'([^']+)'/i.exec(sql)?.[1]
  if (location === undefined) throw new Error('FAILED: SemanticException: a table needs a LOCATION')
  const partitioned = /PARTITIONED\s+BY\s*\(([^)]*)\)/i.exec(sql)?.[1] ?? ''
  const properties = new Map(
    [...sql.matchAll(/'([^'\n]+)'\s*=\s*'([^']*)'/g)].map((m) => [m[1] ?? '', m[2] ?? '']),
  )
  const startingWith = (prefix: string, suffix = ''): ReadonlyMap<string, string> =>
    new Map(
      [...properties].flatMap(([key, value]) =>
        key.startsWith(prefix) && key.endsWith(suffix)
          ? [[key.slice(prefix.length, key.length - suffix.length), value] as const]
          : [],
      ),
    )
  return {
    database: head[1] ?? database,
    name: head[2] ?? '',
    columns: columnsIn(sql.slice(open, close)),
    partitions: columnsIn(partitioned).map(({ name }) => name),
    serde: /RegexSerDe/.test(sql) ? 'regex' : /JsonSerDe/i.test(sql) ? 'json' : 'tab',
    expression: properties.get('input.regex') ?? '',
    mapping: startingWith('mapping.'),
    headerLines: Number(properties.get('skip.header.line.count') ?? 0),
    location,
    template: properties.get('storage.location.template'),
    formats: startingWith('projection.', '.format'),
  }
}

function columnsIn(text: string): readonly { readonly name: string; readonly type: string }[] {
  return text
    .split(',')
    .map((part) => /^\s*[`"]?([\w-]+)[`"]?\s+(\w+)/.exec(part))
    .flatMap((found) =>
      found === null ? [] : [{ name: found[1] ?? '', type: (found[2] ?? '').toLowerCase() }],
    )
}

/** The objects of a table below the emulated S3's directory. An object that is in no partition is in no table. */
export async function objectsOf(table: TableDefinition, root: string): Promise<readonly TableObject[]> {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(table.location) ?? []
  const base = join(root, bucket, prefix)
  const names = await readdir(base, { recursive: true, withFileTypes: true }).catch(() => [])
  const expression = partitionExpression(table)
  const found: TableObject[] = []
  for (const entry of names) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const key = `s3://${bucket}/${relative(join(root, bucket), path).split(sep).join('/')}`
    const match = expression.exec(key)
    if (match === null) continue
    const partition = Object.fromEntries(table.partitions.map((name) => [name, match.groups?.[name] ?? '']))
    found.push({ path, size: (await stat(path)).size, partition })
  }
  return found
}

function partitionExpression({ location, template, partitions, formats }: TableDefinition): RegExp {
  const plain = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  if (template === undefined) {
    const hive = partitions.map((name) => `${name}=(?<${name}>[^/]+)/`).join('')
    return new RegExp(`^${plain(location.replace(/\/*$/, '/'))}${hive}`)
  }
  const parts = template.split(/\$\{(\w+)\}/)
  const text = parts.map((part, i) => {
    if (i % 2 === 0) return plain(part)
    const format = plain(formats.get(part) ?? 'x').replaceAll(
      /yyyy|MM|dd|HH/g,
      (word) => `\\d{${word.length}}`,
    )
    return `(?<${part}>${formats.has(part) ? format : '[^/]+'})`
  })
  return new RegExp(`^${text.join('')}/`)
}
