import type { Labels } from '../base/index.ts'

/** Prometheus matchers over labels: `{service_name="checkout", operation=~"/v1/pay.*", cloud_provider!="azure"}`. */
export interface Selector {
  /** As it was written, normalised: matchers in order of name, one space after a comma. */
  readonly text: string
  readonly matches: (labels: Labels) => boolean
}
