import protobuf from 'protobufjs'

/** A protobufjs reader that refuses numbers of more than ten bytes in fields that it skips too. */
export function strictReader(bytes: Uint8Array): protobuf.Reader {
  const reader = protobuf.Reader.create(bytes)
  const skip = reader.skip.bind(reader)
  reader.skip = (length?: number) => {
    if (length !== undefined) return skip(length)
    reader.uint64()
    return reader
  }
  return reader
}
