export type {
  Confidence,
  ContributorLine,
  ExemplarLine,
  IncidentBrief,
  Overlap,
  Place,
  SourceAge,
} from './brief.ts'
export type {
  Body,
  Delivery,
  Destination,
  FindPlace,
  Found,
  Identity,
  MessageRef,
  Part,
  Post,
  Renderer,
} from './destination.ts'
export type { OutboxDraft, OutboxEntry, OutboxJournal } from './outbox/journal.ts'
export { createOutbox, type Outbox, type OutboxOptions } from './outbox/outbox.ts'
export type { Counters, DestinationStatus, OutboxStatus, Problem } from './outbox/status.ts'
export type { Telling } from './outbox/worker.ts'
export { type Picture, picturesOf, type Series, type SeriesPair } from './picture/draw.ts'
export { toPng } from './picture/png.ts'
export type { SlackBlock, SlackMessage } from './slack/blocks.ts'
export { createSlackDestination, type SlackOptions } from './slack/destination.ts'
export { renderDigest } from './slack/digest.ts'
export { type ExamineOptions, examineSlack, type SlackFinding } from './slack/examine.ts'
export type { IllustratorOptions } from './slack/illustrate.ts'
export { createSlackDesk, type SlackDesk, type SlackDeskOptions } from './slack/interact/desk.ts'
export type { IncidentPort, PromiseLine } from './slack/interact/port.ts'
export type { SocketStatus } from './slack/interact/socket.ts'
export { type SignedRequest, signatureOf, type Verified, verifyRequest } from './slack/interact/verify.ts'
export { type LineRequest, renderLines } from './slack/line.ts'
export { type ManifestOptions, manifestOf } from './slack/manifest.ts'
export { type Detail, type RenderOptions, renderSlack, sentence } from './slack/render.ts'
