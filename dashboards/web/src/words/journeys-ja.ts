import type { Words } from './en.ts'
import type { journeysEn } from './journeys-en.ts'

/** Japanese: what the pages of journeys and of dependencies say. */
export const journeysJa: Pick<Words, keyof typeof journeysEn> = {
  journeys: 'ジャーニー',
  journeysTitle: 'サービスとクラウドをまたぐ利用者の行動',
  journeysNone: 'ジャーニーはまだ定義されていません。',
  journeysNext: '種類 Journey のファイルに、利用者の行動を SLO の木として書きます。',
  journeyMeasured: '実測',
  journeyTextbook: '教科書どおりの値',
  journeyTextbookNote: '障害が重ならないと仮定',
  journeyCorrelation: '相関の代償',
  journeyCorrelationNote: (minutes: string) => `全員の時間にして ${minutes}`,
  journeyRedundancy: '残りの余裕',
  journeyUsual: (n: string) => `正常時は ${n}`,
  journeyDown: '停止中',
  journeyTree: '依存しているもの',
  journeyPart: '部分',
  journeyKind: (kind: string, count: number | null) =>
    kind === 'all'
      ? 'すべて必要'
      : kind === 'any'
        ? 'いずれか一つ'
        : kind === 'routes'
          ? 'トラフィックを分割'
          : `少なくとも ${count ?? 1} つ`,
  journeyWeight: (share: string) => `トラフィックの ${share}`,
  journeyPromises: '約束',
  journeyNeeded: '必要な水準',
  journeyNeededMinutes: (minutes: string) => `許容 ${minutes}`,
  journeyNotMeasured: '未計測',
  journeyLeafDown: '停止',
  journeyCauses: '予算の消費元',
  journeyCausesNote: '分ごとに全体への影響で配分し、合計は全体に一致します。',
  journeyCausesNone: 'この期間の損失はありません。',
  journeyByLeaf: '部分',
  journeyByCloud: 'クラウド',
  journeyByRegion: 'リージョン',
  journeyByProvider: '事業者',
  journeyByOwner: '自社か事業者か',
  journeyOwners: (name: string) => (name === 'ours' ? '自社' : name === 'provider' ? '事業者' : name),
  journeyElsewhere: 'その他',
  journeyFeasible: '達成可能性',
  journeyShortfall: (minutes: string) => `全員が影響を受けた時間 ${minutes}`,
  graph: '依存図',
  graphTitle: '何が何に依存しているか',
  graphNone: '依存関係を持つ定義がありません。',
  graphKeys: '矢印キーで辺をたどり、Enter で開き、B で燃焼の原因へ移動します。',
  graphKind: (kind: string) =>
    kind === 'journey'
      ? 'ジャーニー'
      : kind === 'service'
        ? 'サービス'
        : kind === 'provider'
          ? '事業者'
          : 'SLO',
  graphCause: '原因',
  graphTraffic: (n: string, share: string) => `毎分 ${n}、うち不良 ${share}`,
  graphUnknown: '直近 1 時間の計測なし',
  graphEdges: '表で見る',
  graphFrom: '依存する側',
  graphTo: '依存先',
  graphPerMinute: '毎分',
  graphErrors: '不良',
}
