import { createAlbDecoder } from './alb-format.ts'
import { createCloudFrontDecoder } from './cloudfront-format.ts'
import { createEnvoyTextDecoder, ENVOY_DEFAULT_FORMAT } from './envoy-format.ts'
import { createJsonDecoder, ENVOY_KEYS, NGINX_KEYS } from './json-format.ts'
import type { LogOptions } from './options.ts'
import type { Decoder, LineDecoder } from './record.ts'
import { createWebDecoder } from './web-format.ts'

/** The decoder of one file's lines: some formats name their fields in the file. */
export function createDecoder(options: LogOptions): LineDecoder {
  const { format, fields, trailing } = options
  switch (format) {
    case 'envoy-json':
      return createJsonDecoder([...fields, ...ENVOY_KEYS])
    case 'nginx-json':
      return createJsonDecoder([...fields, ...NGINX_KEYS])
    case 'envoy-text':
      return byLine(textDecoder(ENVOY_DEFAULT_FORMAT))
    case 'envoy-format':
      return options.formatString === undefined
        ? createJsonDecoder(fields)
        : byLine(textDecoder(options.formatString))
    case 'common':
    case 'combined':
      return byLine(createWebDecoder({ trailing }))
    case 'alb':
      return createAlbDecoder()
    case 'cloudfront':
      return createCloudFrontDecoder()
    case 'vhost_combined':
      return byLine(createWebDecoder({ vhost: true, trailing }))
    default:
      return format satisfies never
  }
}

function textDecoder(format: string): Decoder {
  const decoder = createEnvoyTextDecoder(format)
  if (decoder.kind === 'failed') throw new Error(`the format was checked before: ${decoder.error}`)
  return decoder.value
}

function byLine(decode: Decoder): LineDecoder {
  return (text, from, to) => decode(text.slice(from, to))
}
