import { Lexer } from 'yaml'
import type { Source } from './place.ts'
import type { Report } from './report.ts'

/** What a file may hold, so that no file can stop the service: checked before and while it is parsed. */
export const LIMITS = { bytes: 262_144, depth: 32, nodes: 5_000, aliases: 50 } as const

/** Tokens are blanks, line ends and punctuation too; no file within the cap on values comes near eight for each. */
const TOKENS = LIMITS.nodes * 8

/**
 * Looks at a file before it is parsed, at a cost that grows with its size only: size, control characters, what git
 * leaves behind, brackets that nest without end, more tokens than any honest file has.
 */
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
  return noControls(source, report) && noGitRemains(source, report) && shallow(source, report)
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

/** Stops at the first token too many, so a hostile file costs no more than an honest one. */
function shallow(source: Source, report: Report): boolean {
  let depth = 0
  let tokens = 0
  let offset = 0
  for (const token of new Lexer().lex(source.text)) {
    tokens += 1
    if (token === '[' || token === '{') depth += 1
    else if (token === ']' || token === '}') depth -= 1
    if (depth > LIMITS.depth) {
      report.error('NINES-1006', placeAt(source, offset), {
        message: `maps and lists nest deeper than ${LIMITS.depth}`,
        remedy: 'Flatten the value, or split it into documents that refer to each other.',
      })
      return false
    }
    if (tokens > TOKENS) {
      report.error('NINES-1007', placeAt(source, offset), {
        message: `the file holds more than ${LIMITS.nodes} values`,
        remedy: 'Split it into several files of the same directory.',
      })
      return false
    }
    if (!CONTROL.has(token)) offset += token.length
  }
  return true
}

/** Marks of the lexer that stand for no character of the file: byte order mark, document, flow end, scalar. */
const CONTROL: ReadonlySet<string> = new Set(['\u{FEFF}', '\x02', '\x18', '\x1f'])

const placeAt = (source: Source, start: number) => ({ source, start, end: start + 1 })
