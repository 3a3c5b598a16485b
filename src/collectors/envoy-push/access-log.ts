import { bytesTag, WireReader } from '../otlp/wire.ts'
import { type AccessLogEntry, type EntryKind, readEntry, type WantedExtras } from './access-log-entry.ts'
import { createFlagNames } from './flags.ts'
import { type EnvoyNode, readNode } from './node.ts'

/** What one message of a stream holds: the sender when it is the stream's first, and finished or running requests. */
export interface AccessLogMessage {
  readonly node: EnvoyNode | undefined
  /** Undefined unless the message says it, which the first one of a stream does. */
  readonly logName: string | undefined
  readonly entries: readonly AccessLogEntry[]
  /** Entries without a time, or without anything that says how they ended. */
  readonly rejected: number
}

/**
 * Reads `envoy.service.accesslog.v3.StreamAccessLogsMessage`, of which only what tells outcome, duration and labels is
 * decoded; addresses, TLS and sizes are passed over. Undefined when the bytes are no such message.
 */
export function createAccessLogReader(wanted: WantedExtras): (bytes: Buffer) => AccessLogMessage | undefined {
  const flagNames = createFlagNames()
  const reader = new WireReader()
  return (bytes) => {
    reader.begin(bytes)
    let node: EnvoyNode | undefined
    let logName: string | undefined
    let kind: EntryKind | undefined
    let entries: AccessLogEntry[] = []
    let rejected = 0
    const takeAll = (own: EntryKind): void => {
      // The two kinds are one `oneof`: what comes later puts away what came before.
      if (kind !== own) [entries, rejected, kind] = [[], 0, own]
      const outer = reader.enter()
      while (reader.next()) {
        if (reader.tag !== bytesTag(1)) {
          reader.skip()
          continue
        }
        const entry = readEntry(reader, own, { wanted, flagNames })
        if (entry === undefined) rejected++
        else entries.push(entry)
      }
      reader.leave(outer)
    }
    while (reader.next()) {
      switch (reader.tag) {
        case bytesTag(1): {
          const outer = reader.enter()
          while (reader.next()) {
            if (reader.tag === bytesTag(1)) node = readNode(reader, node)
            else if (reader.tag === bytesTag(2)) logName = reader.text()
            else reader.skip()
          }
          reader.leave(outer)
          break
        }
        case bytesTag(2):
          takeAll('http')
          break
        case bytesTag(3):
          takeAll('tcp')
          break
        default:
          reader.skip()
      }
    }
    return reader.fault !== undefined ? undefined : { node, logName, entries, rejected }
  }
}
