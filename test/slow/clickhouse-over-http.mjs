// A ClickHouse engine behind HTTP, for tests of several processes on one ledger where no server is installed: the
// embedded engine, with as much of ClickHouse's HTTP interface as its client uses. Plain JavaScript, because it runs
// under Node itself. Arguments: the data directory, the port (0: any). Prints the port.

import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { Session } from 'chdb'

const [directory, port] = process.argv.slice(2)
mkdirSync(directory, { recursive: true })
const lanes = Array.from({ length: 3 }, () => ({
  session: new Session(join(directory, 'engine')),
  waiting: 0,
}))
let files = 0

async function run(sql) {
  const lane = lanes.reduce((a, b) => (b.waiting < a.waiting ? b : a))
  lane.waiting++
  try {
    return (await lane.session.queryAsync(sql, { format: 'TabSeparated' })).bytes()
  } finally {
    lane.waiting--
  }
}

/** A session takes an insert's rows from a file, not from the statement's body. */
async function insert(statement, rows) {
  const parts = /^INSERT INTO (\S+) \(([^)]*)\) SETTINGS (.*) FORMAT RowBinary$/s.exec(statement)
  if (!parts) throw new Error(`an insert that this stand-in does not know: ${statement}`)
  const [, table, columns, settings] = parts
  const types = Buffer.from(
    await run(
      `SELECT name, type FROM system.columns WHERE concat(database, '.', table) = '${table}' FORMAT JSONCompact`,
    ),
  )
  const typeOf = new Map(JSON.parse(types.toString()).data)
  const structure = columns
    .split(', ')
    .map((name) => `${name} ${typeOf.get(name).replace(/LowCardinality\((\w+)\)/, '$1')}`)
  const file = join(directory, `${++files}.bin`)
  writeFileSync(file, rows)
  const quoted = structure.join(', ').replaceAll("'", "\\'")
  try {
    return await run(
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM file('${file}', 'RowBinary', '${quoted}') SETTINGS ${settings}`,
    )
  } finally {
    await rm(file, { force: true })
  }
}

const server = createServer((request, response) => void answer(request, response))

async function answer(request, response) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const statement = new URL(request.url, 'http://localhost').searchParams.get('query')
  try {
    response.end(statement === null ? await run(body.toString()) : await insert(statement, body))
  } catch (error) {
    response
      .writeHead(500, { 'X-ClickHouse-Exception-Code': String(error.clickhouseCode ?? 1) })
      .end(error.message)
  }
}

server.listen(Number(port ?? 0), '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
