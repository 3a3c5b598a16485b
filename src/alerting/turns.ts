import type { Judgement } from './judge.ts'
import type { AlertingState } from './state.ts'
import type { StepInput } from './step.ts'

export function turnsOf(_state: AlertingState, _input: StepInput): readonly Judgement[] {
  return []
}
