import { Lexer } from 'yaml'
import type { Source } from './place.ts'
import type { Report } from './report.ts'

/** What a file may hold, so that no file can stop the service: checked before and while it is parsed. */
export const LIMITS = { bytes: 262_144, depth: 32, nodes: 5_000, aliases: 50 } as const

/** Lexemes are blanks, line ends and punctuation too; no file within the cap on values comes near eight for each. */
const LEXEMES = LIMITS.nodes * 8

/** Looks at a file before it is parsed: its size, control characters, what git leaves behind. */
export function guard(source: Source, report: Report): boolean {
  const { text } = source
  const size = Buffer.byteLength(text)
  if (size > LIMITS.bytes) {
    report.error('NINES-1001', placeAt(source, 0), {
      message: `the file has ${size} bytes; at most ${LIMITS.bytes} are read`,
      remedy: 'Split it into several files of the same directory.',
    })
    return false
  }
  return noControls(source, report) && noGitRemains(source, report)
}

function noControls(source: Source, report: Report): boolean {
  for (let i = 0; i < source.text.length; i++) {
    const code = source.text.charCodeAt(i)
    const allowed = code >= 32 ? code !== 0x7f && code !== 0xfeff : code === 9 || code === 10 || code === 13
    if (allowed) continue
    report.error('NINES-1003', placeAt(source, i), {
      message: `the character U+${code.toString(16).toUpperCase().padStart(4, '0')} is not allowed in YAML`,
      remedy: 'Delete it; it is invisible in most editors.',
    })
    return false
  }
  return true
}

function noGitRemains(source: Source, report: Report): boolean {
  if (source.text.startsWith('version https://git-lfs.github.com/spec/')) {
    report.error('NINES-1014', placeAt(source, 0), {
      message: 'this is a Git LFS pointer, not the file itself',
      remedy: 'Run "git lfs pull", or keep definitions out of LFS.',
    })
    return false
  }
  const marker = /^(?:<{7}|>{7}) /m.exec(source.text)
  if (marker) {
    report.error(
      'NINES-1014',
      { source, start: marker.index, end: marker.index + 7 },
      {
        message: 'the file holds an unresolved merge conflict',
        remedy: 'Choose a side and delete the markers.',
      },
    )
    return false
  }
  return true
}

/**
 * The lexemes of a file. Ends, with the reason told, at the first bracket too deep or the first lexeme too many, so a
 * hostile file costs no more than an honest one.
 */
export function* lexemesOf(source: Source, report: Report): Generator<string> {
  let depth = 0
  let count = 0
  let offset = 0
  for (const lexeme of new Lexer().lex(source.text)) {
    count += 1
    if (lexeme === '[' || lexeme === '{') depth += 1
    else if (lexeme === ']' || lexeme === '}') depth -= 1
    if (depth > LIMITS.depth || count > LEXEMES) {
      const code = depth > LIMITS.depth ? 'NINES-1006' : 'NINES-1007'
      report.error(code, placeAt(source, offset), STOPS[code])
      return
    }
    if (!MARKS.has(lexeme)) offset += lexeme.length
    yield lexeme
  }
}

/** What is told where a limit is reached. */
export const STOPS = {
  'NINES-1006': {
    message: `maps and lists nest deeper than ${LIMITS.depth}`,
    remedy: 'Flatten the value, or split it into documents that refer to each other.',
  },
  'NINES-1007': {
    message: `the file holds more than ${LIMITS.nodes} values`,
    remedy: 'Split it into several files of the same directory.',
  },
  'NINES-1008': {
    message: `the file uses more than ${LIMITS.aliases} aliases`,
    remedy: 'Write the values out, or refer to documents by name.',
  },
} as const

/** Marks of the lexer that stand for no character of the file: byte order mark, document, flow end, scalar. */
const MARKS: ReadonlySet<string> = new Set(['\u{FEFF}', '\x02', '\x18', '\x1f'])

const placeAt = (source: Source, start: number) => ({ source, start, end: start + 1 })
