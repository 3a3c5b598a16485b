import type { DeskWords } from './words-desk.ts'

export const japaneseDesk: DeskWords = {
  buttons: {
    acknowledge: '確認',
    unacknowledge: '確認を取り消す',
    mute: '1時間停止',
    unmute: '停止を解除',
    note: 'メモ…',
    resolve: '解消…',
    postmortem: 'ポストモーテム',
  },
  forms: {
    note: 'メモを追加',
    noteLabel: '分かったこと・行ったこと',
    resolve: '手動で解消',
    resolveLabel: '解消とする理由(任意)',
    resolveHint: 'タイムラインに残ります。ルールが再び発火すると、新たなインシデントになります。',
    stillBurning: (sentence) => `まだルールが発火しています: *${sentence}*。解消しても状況は変わりません。`,
    save: '保存',
    cancel: 'キャンセル',
    tooLong: (max) => `${max}文字以内で入力してください`,
    empty: 'メモを入力してください',
  },
  answers: {
    acknowledged: (id) => `${id}を確認済みにしました。`,
    unacknowledged: (id) => `${id}の確認を取り消しました。`,
    muted: (id, until) => `${id}を${until}まで一時停止しました。`,
    unmuted: (id) => `${id}の一時停止を解除しました。`,
    noted: (id) => `${id}のタイムラインにメモを残しました。`,
    resolved: (id) => `${id}を解消にしました。`,
    already: (id, by, ago) => `${id}は${by}さんが${ago}前に確認済みです。`,
    notAcknowledged: (id) => `${id}はまだ誰も確認していません。`,
    over: (id, ago) => `${id}は${ago}前に解消しています。`,
    nothingToDo: (id) => `${id}はすでにその状態です。`,
    unknownIncident: (id) =>
      `${id}というインシデントはありません。\`incidents\`で発生中の一覧を表示できます。`,
    refused: (why) => `実行できませんでした: ${why}`,
    notAllowed: 'この操作の権限がありません。nines.yamlのrespondersへの追加を依頼してください。',
    guest: 'ゲストとアプリはインシデントを変更できません。',
    busy: '実行できませんでした。処理待ちが多すぎます。1分後にもう一度お試しください。',
    failed:
      '実行できませんでした。サービスが応答していません。理由はサービスのページとログを確認してください。',
    formLate: 'Slackの制限(3秒)以内にフォームを開けませんでした。もう一度押してください。',
    unreadable: 'このサービスが扱えるボタンではありません。',
  },
  command: {
    unknown: (word) => `「${word}」というコマンドはありません。`,
    usage: (usage) => `使い方: \`${usage}\``,
    help: (command) =>
      [
        `\`${command} status [サービス]\`  エラーバジェットの状況(悪い順)`,
        `\`${command} incidents\`  発生中のインシデント`,
        `\`${command} ack INC-2026-0001\`  確認済みにする`,
        `\`${command} silence INC-2026-0001 2h [理由]\`  その間は通知しない`,
        `\`${command} note INC-2026-0001 本文\`  タイムラインにメモを残す`,
        `\`${command} resolve INC-2026-0001 [理由]\`  手動で解消にする`,
      ].join('\n'),
    noIncidents: '発生中のインシデントはありません。',
    incidents: (count) => `発生中のインシデント: ${count}件`,
    noPromises: (service) =>
      service === '' ? 'SLOが定義されていません。' : `「${service}」のSLOは定義されていません。`,
    promises: (count, shown) =>
      count === shown ? `SLO ${count}件(悪い順):` : `SLO ${count}件のうち悪い順に${shown}件:`,
    left: (percent) => `エラーバジェット残り${percent}`,
    badLength: (text) => `「${text}」は期間として読めません。30m、2h、1dのように、7d以内で指定してください。`,
  },
}
