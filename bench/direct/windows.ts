import { join } from 'node:path'
import { Session } from 'chdb'

// What one would write first: every tick asks the embedded engine for the sums of every window of every series.

/** Milliseconds by the clock, and of all processors meanwhile. */
export interface Took {
  readonly wall: number
  readonly cpu: number
}

/** What the minutes of a series hold, as SQL of `s`, the series, and `m`, the minute counted from 1970. */
export interface Filling {
  /** The place of a series, from the map `labels`. */
  readonly series: string
  readonly good: string
  readonly bad: string
  /** Which minutes have bad ones. */
  readonly hasBad: string
  /** Of the good ones, which may name their count `good`; absent: none. */
  readonly latency?: { readonly bins: string; readonly tallies: string }
}

/**
 * Fills the ledger in a directory with whole days for every series that it knows, by the engine itself, a day a
 * statement, since tens of millions of rows take a while. The ledger must not be open.
 */
export async function fillDays(
  directory: string,
  { from, days }: { readonly from: number; readonly days: number },
  filling: Filling,
): Promise<void> {
  const engine = new Session(join(directory, 'engine'))
  const columns = 'quarter, series, kind, reason, minute, writer, revision, count, bins, tallies, text'
  const rest = `toDateTime(m * 60, 'UTC'), 'history', m * 60`
  const { bins, tallies } = filling.latency ?? { bins: '[]', tallies: '[]' }
  for (let day = 0; day < days; day++) {
    const start = from / 60 + day * 1440
    const minutes = `(SELECT id, ${filling.series} AS s, toUInt32(arrayJoin(range(1440)) + ${start}) AS m FROM nines.series FINAL WHERE family = 'requests')`
    await engine.queryAsync(
      `INSERT INTO nines.cells (${columns}) SELECT intDiv(m * 60, 21600), id, 'good', '2xx', ${rest}, ${filling.good} AS good, ${bins}, ${tallies}, '' FROM ${minutes}`,
    )
    await engine.queryAsync(
      `INSERT INTO nines.cells (${columns}) SELECT intDiv(m * 60, 21600), id, 'bad', 'http-503', ${rest}, ${filling.bad}, [], [], '' FROM ${minutes} WHERE ${filling.hasBad}`,
    )
  }
  engine.close()
}

/** What was counted in a window, of all series together. */
export interface WindowSums {
  readonly good: number
  readonly bad: number
}

/**
 * Asks for good and bad of windows of so many seconds that end at `now`, series by series, three times, and gives what
 * each time took, with the sums over all series in the order of the windows.
 */
export async function askWindows(
  directory: string,
  windows: readonly number[],
  now: number,
): Promise<{ readonly took: readonly Took[]; readonly sums: readonly WindowSums[] }> {
  const columns = windows.flatMap((length) =>
    ['good', 'bad'].map((kind) => `sumIf(count, kind = '${kind}' AND minute >= ${now - length})`),
  )
  const longest = now - Math.max(...windows)
  const rows = `nines.cells FINAL WHERE kind IN ('good', 'bad') AND minute >= ${longest} AND minute < ${now}`
  const engine = new Session(join(directory, 'engine'))
  const took: Took[] = []
  for (let i = 0; i < 3; i++) {
    const start = performance.now()
    const before = process.cpuUsage()
    await engine.queryAsync(
      `SELECT series, ${columns.join(', ')} FROM ${rows} GROUP BY series SETTINGS max_threads = 2 FORMAT Null`,
    )
    const { user, system } = process.cpuUsage(before)
    took.push({ wall: performance.now() - start, cpu: (user + system) / 1000 })
  }
  const answer = await engine.queryAsync(`SELECT ${columns.join(', ')} FROM ${rows} FORMAT TabSeparated`)
  engine.close()
  const values = answer.text().trim().split('\t').map(Number)
  return {
    took,
    sums: windows.map((_, i) => ({ good: values[2 * i] ?? 0, bad: values[2 * i + 1] ?? 0 })),
  }
}
