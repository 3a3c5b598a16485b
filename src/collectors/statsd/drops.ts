import { readFile } from 'node:fs/promises'

const TABLES = ['/proc/net/udp', '/proc/net/udp6']

/**
 * How many datagrams the kernel threw away because we did not take them in time, since the sockets of the port were
 * opened. Undefined where the system does not say (only Linux does).
 */
export async function kernelDrops(port: number): Promise<number | undefined> {
  const texts = await Promise.all(TABLES.map((path) => readFile(path, 'utf8').catch(() => undefined)))
  const found = texts.flatMap((text) => (text === undefined ? [] : dropsIn(text, port)))
  return found.length === 0 ? undefined : found.reduce((sum, drops) => sum + drops, 0)
}

/** The last column of each line of `/proc/net/udp` whose local port, written in hexadecimal, is the one asked for. */
export function dropsIn(table: string, port: number): readonly number[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(local) === true && /^\d+$/.test(columns.at(-1) ?? ''))
    .map((columns) => Number(columns.at(-1)))
}
