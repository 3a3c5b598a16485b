import { nanoseconds } from './traces-spans.ts'

// Requests as no exporter would write them: fields in any order, twice, in parts, with numbers longer than they need
// be and unknown fields between; and then broken.

export type Random = () => number

const upTo = (random: Random, below: number): number => Math.floor(random() * below)

function pick<T>(random: Random, list: readonly T[]): T {
  return list[upTo(random, list.length)] as T
}

/** A varint, now and then with zeros in front. */
function varint(random: Random, value: bigint | number): number[] {
  const bytes: number[] = []
  let left = BigInt.asUintN(64, BigInt(value))
  for (; left >= 128n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  bytes.push(Number(left))
  const most = Math.max(0, 5 - bytes.length)
  for (let more = random() < 0.03 ? upTo(random, most + 1) : 0; more > 0; more--) {
    bytes.push((bytes.pop() ?? 0) | 128, 0)
  }
  return bytes
}

const tagged = (random: Random, field: number, type: number): number[] => varint(random, field * 8 + type)

function bytesField(random: Random, field: number, body: readonly number[]): number[] {
  return [...tagged(random, field, 2), ...varint(random, body.length), ...body]
}

const textField = (random: Random, field: number, text: string): number[] =>
  bytesField(random, field, [...Buffer.from(text)])

const numberField = (random: Random, field: number, value: bigint | number): number[] => [
  ...tagged(random, field, 0),
  ...varint(random, value),
]

function fixedField(random: Random, field: number, value: bigint): number[] {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value))
  return [...tagged(random, field, 1), ...bytes]
}

function unknownField(random: Random, depth = 0): number[] {
  const field = pick(random, [4, 10, 11, 12, 13, 14, 16, 40, 99, 536_870_911])
  switch (upTo(random, depth > 3 ? 4 : 5)) {
    case 0:
      return numberField(random, field, BigInt(upTo(random, 1e9)) ** 2n)
    case 1:
      return fixedField(random, field, BigInt(upTo(random, 1e9)))
    case 2:
      return bytesField(
        random,
        field,
        Array.from({ length: upTo(random, 12) }, () => upTo(random, 256)),
      )
    case 3:
      return [...tagged(random, field, 5), 1, 2, 3, 4]
    default:
      return [...tagged(random, field, 3), ...unknownField(random, depth + 1), ...tagged(random, field, 4)]
  }
}

/** Fields as one message: mostly in order, now and then shuffled, with unknown ones between. */
function message(random: Random, fields: readonly number[][]): number[] {
  const list = [...fields]
  if (random() < 0.15)
    for (let i = list.length - 1; i > 0; i--) {
      const j = upTo(random, i + 1)
      ;[list[i], list[j]] = [list[j] as number[], list[i] as number[]]
    }
  while (random() < 0.08) list.splice(upTo(random, list.length + 1), 0, unknownField(random))
  if (random() < 0.05 && list.length > 0) list.push(pick(random, list))
  return list.flat()
}

const TEXTS = [
  'GET /users/17',
  'POST',
  '/pay',
  '/grpc.health.v1.Health/Check',
  'grpc.health.v1.Health',
  'shop.Cart',
  'shop.Cart/Add',
  'Check',
  'kube-probe/1.31',
  'Mozilla/5.0',
  'grpc',
  '200',
  '503',
  '14',
  'OK',
  'UNAVAILABLE',
  'CANCELLED',
  'timeout',
  'UF,URX',
  '-',
  '',
  'test',
  'const',
  'http://shop.example.com/grpc.health.v1.Health/Check?x=1',
  'http://shop.example.com',
  'é漢字 \u{1f600}',
  'default',
]
const KEYS = [
  ['http.response.status_code', 'http.status_code', 'rpc.grpc.status_code', 'rpc.status_code'],
  ['rpc.response.status_code', 'grpc.status_code', 'http.route', 'rpc.method', 'rpc.service'],
  ['rpc.system', 'rpc.system.name', 'url.path', 'http.target', 'http.url', 'user_agent.original'],
  ['user_agent', 'http.user_agent', 'user_agent.synthetic.type', 'error.type', 'response_flags'],
  ['sampler.type', 'SampleRate', 'server.address', 'thread.id', 'something.else'],
].flat()
const RESOURCE_KEYS = [
  ['service.name', 'service.namespace', 'cloud.provider', 'cloud.region', 'k8s.cluster.name', 'host.name'],
  ['deployment.environment', 'deployment.environment.name', 'sampling.probability', 'cloud.account.id'],
].flat()
const NUMBERS = [
  0, 1, 2, 4, 13, 14, 16, 17, 100, 101, 200, 204, 301, 404, 429, 460, 499, 500, 503, 599, 600, -1,
]

function anyValue(random: Random): number[] {
  switch (upTo(random, 14)) {
    case 0:
      return numberField(random, 2, 1)
    case 1: {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(pick(random, [200, 503, 0.5, -1, Number.NaN]))
      return [...tagged(random, 4, 1), ...bytes]
    }
    case 2:
      return bytesField(random, pick(random, [5, 6, 7]), [10, 3, 10, 1, 97])
    case 3:
      return []
    case 4:
    case 5:
    case 6:
    case 7:
      return numberField(random, 3, pick(random, NUMBERS))
    default:
      return textField(random, 1, pick(random, TEXTS))
  }
}

function keyValue(random: Random, keys: readonly string[]): number[] {
  const fields = [textField(random, 1, pick(random, keys)), bytesField(random, 2, anyValue(random))]
  if (random() < 0.04) fields.push(bytesField(random, 2, anyValue(random)))
  return message(random, fields)
}

const attributes = (random: Random, field: number, keys: readonly string[]): number[][] =>
  Array.from({ length: upTo(random, 6) }, () => bytesField(random, field, keyValue(random, keys)))

function span(random: Random): number[] {
  const start = nanoseconds(pick(random, [0, 0, 0, -1, -59.5, -3_600, -90_000, 299, 400]))
  const length = pick(random, [
    0n,
    1n,
    999n,
    1_000n,
    250_000_000n,
    12_000_000_000n,
    -1n,
    86_400_000_000_000n * 200n,
  ])
  const states = [
    'ot=th:8',
    'ot=th:c;rv:0123456789abcd',
    'x=y,ot=th:5',
    'ot=p:2',
    'ot=th:zz',
    'ot=th:0',
    'x=y',
  ]
  const fields = [
    bytesField(
      random,
      1,
      Array.from({ length: random() < 0.97 ? 16 : 3 }, () => upTo(random, 2)),
    ),
    bytesField(
      random,
      2,
      Array.from({ length: random() < 0.97 ? 8 : 5 }, () => upTo(random, 3)),
    ),
    ...(random() < 0.2 ? [textField(random, 3, pick(random, states))] : []),
    textField(random, 5, pick(random, TEXTS)),
    numberField(random, 6, pick(random, [2, 2, 2, 2, 2, 1, 3, 5, 0, -1])),
    fixedField(random, 7, random() < 0.97 ? start : 0n),
    fixedField(random, 8, random() < 0.97 ? start + length : 0n),
    ...attributes(random, 9, KEYS),
    ...(random() < 0.3
      ? [bytesField(random, 15, message(random, [numberField(random, 3, upTo(random, 3))]))]
      : []),
  ]
  return message(random, fields)
}

/** A whole request of a few spans. */
export function requestBody(random: Random): Uint8Array {
  const resourceSpans = Array.from({ length: 1 + upTo(random, 2) }, () => {
    const scopes = Array.from({ length: 1 + upTo(random, 2) }, () => {
      const spans = Array.from({ length: upTo(random, 4) }, () => bytesField(random, 2, span(random)))
      return bytesField(random, 2, message(random, [textField(random, 3, 'schema'), ...spans]))
    })
    const resource = (): number[] =>
      bytesField(random, 1, message(random, attributes(random, 1, RESOURCE_KEYS)))
    const resources = random() < 0.9 ? [resource()] : random() < 0.5 ? [] : [resource(), resource()]
    return bytesField(random, 1, message(random, [...resources, ...scopes]))
  })
  return Uint8Array.from(message(random, resourceSpans))
}

/** The body with up to three faults in it. */
export function mutated(random: Random, body: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes = [...body]
  for (let times = 1 + upTo(random, 3); times > 0; times--) {
    const at = upTo(random, bytes.length + 1)
    const to = Math.min(bytes.length, at + upTo(random, 24))
    switch (upTo(random, 8)) {
      case 0:
        bytes = bytes.slice(0, at)
        break
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << upTo(random, 8))
        break
      case 2:
        bytes[at] = pick(random, [0, 1, 127, 128, 255, 0x0a, 0x12, 0x4a, 0x0b, 0x0c, 0x39])
        break
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, to))
        break
      case 4:
        bytes.splice(at, to - at)
        break
      case 5:
        bytes.splice(at, 0, ...other.slice(upTo(random, other.length), upTo(random, other.length)))
        break
      case 6:
        bytes.splice(at, 0, ...unknownField(random))
        break
      default:
        bytes.splice(at, 0, ...Array.from({ length: upTo(random, 120) }, () => 0x0b))
    }
  }
  return Uint8Array.from(bytes, (byte) => byte ?? 0)
}
