import { RE2JS, RE2JSException } from 're2js'
import { failed, ok, type Result } from '../base/index.ts'

/**
 * An anchored regular expression that matches in linear time, whatever the pattern and text: RE2's syntax, without
 * back-references and look-around; `.` matches a line break, as in Prometheus. The error is RE2's sentence.
 */
export function compileRegex(pattern: string): Result<(text: string) => boolean, string> {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL)
    return ok((text: string) => compiled.matches(text))
  } catch (error) {
    if (error instanceof RE2JSException) return failed(sentence(error.message))
    throw error
  }
}

/** RE2's sentence without its preamble and without the flag that was put before the pattern. */
function sentence(message: string): string {
  return message.replace(/^error parsing regexp: /, '').replace('`(?s)', '`')
}
