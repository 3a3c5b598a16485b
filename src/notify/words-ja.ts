import type { Words } from './words.ts'
import { japaneseDesk } from './words-desk-ja.ts'
import { floorTo } from './words-en.ts'

const at = (place: string): string => (place === '' ? '' : `${place}で`)

export const japanese: Words = {
  locale: 'ja',
  page: '緊急',
  ticket: '要対応',
  resolvedWord: '解消',
  blindWord: 'データなし',
  reopenedTimes: (times) => `再発 ${times} 回`,
  rate: (rate) => (rate >= 100 ? `${Math.floor(rate)}倍` : `${floorTo(rate, 1)}倍`),
  length,
  percent: (share, digits) => `${floorTo(share * 100, digits)}%`,
  lessThan: (percent) => `${percent}未満`,
  count: (n) => Math.round(n).toLocaleString('ja-JP'),
  list: (names, more) => (more > 0 ? `${names.join('、')}ほか${more}件` : names.join('、')),
  promise: (target, window) => `${target}%(${window})`,
  burning: (rate, place) => `${at(place)}バーンレート${rate}`,
  calming: (place, peak) => `${at(place)}しきい値を下回りました(最大${peak})`,
  blind: (place, peak) => `${at(place)}データが届いていません(直前は最大${peak})。正常とは言えません`,
  resolved: (lasted, place, peak, spent) =>
    `${lasted}で解消: ${at(place)}最大${peak}、エラーバジェットの${spent}を消費`,
  unseen: (span) => `${span}の間データが届いていません。障害が起きても分かりません`,
  settling: '条件を満たさなくなりました',
  over: (lasted) => `${lasted}で解消`,
  spent: (share) => `エラーバジェットの${share}を消費`,
  goneIn: (span) => `エラーバジェットは${span}で枯渇`,
  alreadyGone: (over) => `エラーバジェットは枯渇済み(${over}超過)`,
  lasts: '全体のエラーバジェットは足りる見込み',
  goneAt: (time) => `この速さが続くと、残りのエラーバジェットは${time}に枯渇します。`,
  labels: {
    budgetLeft: 'エラーバジェット残り',
    thisIncident: 'このインシデントの消費',
    burnRate: 'バーンレート',
    measured: '実測',
    started: '開始',
    where: '場所',
    owner: '担当',
    acknowledged: '確認済み',
    mutedUntil: '一時停止の期限',
    contributors: '消費の内訳(失敗件数)',
    exemplars: '実例',
    runbook: '手順書',
    lasted: '継続時間',
  },
  budgetLeft: (left, time, events) => [`*${left}*`, time, events].filter((part) => part !== '').join(' · '),
  budgetTime: (left, whole) => `${whole}のうち${left}`,
  budgetEvents: (spent, events) => `許容${events}件のうち失敗${spent}件`,
  cost: (share, bad) => `エラーバジェットの${share} · 失敗${bad}件`,
  rule: (long, short, factor) =>
    `${long.window}で${long.rate} · ${short.window}で${short.rate}(しきい値${factor})`,
  noEvents: 'イベントなし',
  sli: (sli, target) => `${sli}(目標${target}%)`,
  coverage: (known) => `計測できた時間${known}`,
  contributor: (what, share, bad) => `${what} ${share} · ${bad}件`,
  timesUsual: (times) => `普段の${times}倍`,
  states: { ok: '正常', watch: '消費が速い', burning: '消費中', exhausted: '枯渇', unknown: 'データなし' },
  fresh: (source, age) => `${source} 最新(${age}前)`,
  late: (source, age) => `${source} ${age}遅れ`,
  silent: (source) => `${source} 届いていません`,
  data: 'データ',
  open: 'Ninesで開く',
  everywhere: '全体',
  previous: (id) => `前回: ${id}`,
  continues: '前のメッセージ',
  lines: {
    opened: (sentence, why) => `発生。${sentence}。${why === '' ? '' : `理由: ${why}。`}`,
    worse: (sentence) => `悪化。${sentence}。`,
    reopened: (times, sentence) => `再発(${times}回目)。${sentence}。`,
    blind: (sentence) => `データが途絶えました。${sentence}。`,
    sighted: (sentence) => `データが戻りました。${sentence}。`,
    resolved: (sentence) => `${sentence}。`,
    acknowledged: (by) => `${by}さんが確認しました。`,
    unacknowledged: (by) => `${by}さんが確認を取り消しました。`,
    note: (by, text) => `${by}: ${text}`,
    muted: (by, until) => `${by}さんが${until === '' ? '' : `${until}まで`}一時停止しました。`,
    unmuted: (by) => `${by}さんが一時停止を解除しました。`,
  },
  desk: japaneseDesk,
  digest: (count) => `Slackに接続できなかった間に、${count}件のインシデントが発生し解消しました:`,
  duplicate: (link) => `↑ ${link} と同じ内容です(二重に送信されました)。`,
}

function length(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))}秒`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}分`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours}時間${minutes % 60 === 0 ? '' : `${minutes % 60}分`}`
  return `${Math.floor(hours / 24)}日${hours % 24 === 0 ? '' : `${hours % 24}時間`}`
}
