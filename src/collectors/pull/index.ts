export { createPullCollector, type FillReport, type PullCollector, type PullSettings } from './collector.ts'
export { askUrl, type HttpAnswer, type HttpFailure, type HttpLimits } from './http.ts'
export { everyMinute, parseSchedule, type Schedule } from './schedule.ts'
export type { Answer, Asked, CountSource, KnowledgeGap, MinuteCount, PullFailure, Reply } from './source.ts'
