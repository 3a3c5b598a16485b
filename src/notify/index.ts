export { type PlainAlert } from './alertmanager/alert.ts'
export { type AlertFeed, type AlertFeedOptions, createAlertFeed } from './alertmanager/feed.ts'
export type {
  Confidence,
  ContributorLine,
  ExemplarLine,
  IncidentBrief,
  Overlap,
  Place,
  SourceAge,
} from './brief.ts'
export { createDatadogEvents, type DatadogEventsOptions } from './datadog/destination.ts'
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
export { createTracker, type IssueDraft, type Tracker, type TrackerOptions } from './issues/tracker.ts'
export type { Letter, LetterDestination, Receipt } from './letters/letter.ts'
export { createMailDestination, type MailOptions } from './mail/destination.ts'
export { type Notice, noticeEntry } from './notice.ts'
export { isFailing } from './outbox/fallback.ts'
export type { OutboxDraft, OutboxEntry, OutboxJournal } from './outbox/journal.ts'
export { createOutbox, type Outbox, type OutboxOptions } from './outbox/outbox.ts'
export type { Routed, Routing } from './outbox/routing.ts'
export type { Counters, DestinationStatus, OutboxStatus, Problem } from './outbox/status.ts'
export type { Telling } from './outbox/teller.ts'
export { createPagerDutyDestination, type PagerDutyOptions } from './pagerduty/destination.ts'
export { type Picture, picturesOf, type Series, type SeriesPair } from './picture/draw.ts'
export { toPng } from './picture/png.ts'
export { type Hours, openingOf } from './routes/hours.ts'
export {
  createRouting,
  type Match,
  match,
  noticeLabels,
  type Route,
  type RouteQuestion,
  type RouteTree,
  routeLabels,
} from './routes/routes.ts'
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
export { createWebhookDestination, type WebhookOptions } from './webhook/destination.ts'
