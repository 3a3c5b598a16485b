import { ID } from '../../traffic/index.ts'
import { quotedText } from './layout.ts'

/** `/package.Service/Method`. */
const GRPC_METHOD_TEXT = '^/([A-Za-z_][0-9A-Za-z_]*[.])+[A-Za-z_][0-9A-Za-z_]*/[A-Za-z_][0-9A-Za-z_]*$'

/**
 * SQL of a request's path without query and host, its ids replaced. The engine need not do all that `operationOf` does,
 * which has the last word over what comes back; it must only never do what that would not, and bring the many paths of one
 * endpoint together, so that few rows travel. Regular expressions are those that RE2, Java and Joni read alike.
 */
export function pathSql(
  column: string,
  rules: { readonly patterns: readonly string[]; readonly kept: readonly string[] },
): string {
  const bare = `regexp_extract(${column}, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*)?([^?#]*)', 1)`
  const cases = [
    ...rules.patterns.map(
      (pattern) =>
        `WHEN regexp_like(${bare}, ${quotedText(patternText(pattern))}) THEN ${quotedText(pattern)}`,
    ),
    ...rules.kept.map((path) => `WHEN ${keptCondition(bare, path)} THEN ${bare}`),
    `WHEN regexp_like(${bare}, ${quotedText(GRPC_METHOD_TEXT)}) AND length(${bare}) <= 200 THEN ${bare}`,
  ]
  const segments = `transform(split(${bare}, '/'), s -> CASE WHEN ${idCondition('s')} THEN ${quotedText(ID)} ELSE s END)`
  return `CASE ${cases.join(' ')} ELSE array_join(${segments}, '/') END`
}

/** Paths of health checks stay as they are, or they would no longer be known as such. */
function keptCondition(bare: string, path: string): string {
  if (!path.endsWith('*')) return `${bare} = ${quotedText(path)}`
  const start = path.slice(0, -1)
  return `substr(${bare}, 1, ${start.length}) = ${quotedText(start)}`
}

/** As `operationOf` reads patterns: empty segments do not count, `**` stands for any rest. */
function patternText(pattern: string): string {
  let text = '^/*'
  const segments = pattern.split('/').filter((segment) => segment !== '')
  for (const [i, segment] of segments.entries()) {
    if (segment === '**') return `${text}.*$`.replace('/+.*$', '(?:/.*)?$')
    const isAny = segment === '*' || (segment.startsWith('{') && segment.endsWith('}'))
    text += isAny ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    text += i === segments.length - 1 ? '/*' : '/+'
  }
  return `${text}$`
}

function idCondition(s: string): string {
  const like = (text: string): string => `regexp_like(${s}, ${quotedText(text)})`
  return [
    `length(${s}) > 64`,
    `${like('[0-9@]')} AND (${[
      like('@'),
      like('^[-+]?[0-9]+([.,][0-9]+)*$'),
      like('^[{]?[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}[}]?$'),
      `${like('^(0[xX])?[0-9a-fA-F]{8,}$')} AND ${like('^(0[xX])?[a-fA-F]*[0-9][0-9a-fA-F]*$')}`,
      `${like('^[0-9A-Za-z_.~=+-]{20,}$')} AND ${like('[0-9]')}`,
      `${like('^[A-Za-z]{1,16}[-_:]([0-9]{3,}|[A-Za-z0-9]{10,})$')} AND ${like('[-_:][A-Za-z]*[0-9][A-Za-z0-9]*$')}`,
    ].join(' OR ')})`,
  ].join(' OR ')
}
