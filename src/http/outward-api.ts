import type { Routes, RouteTest } from '../contract/index.ts'

/** The part of the API that is about what leaves the house. `undefined`: there is no such thing (404). */
export interface OutwardApi {
  readonly routes: () => Routes
  /** Whom an incident with these labels would be told to. */
  readonly testRoutes: (labels: Readonly<Record<string, string>>) => RouteTest
}
