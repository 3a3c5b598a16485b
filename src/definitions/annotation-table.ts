export const ANNOTATION_PREFIX = 'nines.dev/'

/** Every annotation of ours, with what it means; `docs/openslo.md` shows this table. */
export const ANNOTATIONS: Readonly<Record<string, string>> = {
  'split-by': 'label names, widest first, by which the SLO is also evaluated: cloud_provider,cloud_region',
  'burn-policy': 'the name of a BurnPolicy; absent: the one for the length of the window',
  'no-data': 'what a minute without data counts as: freeze (neither), good or bad',
  'min-bad-events': 'a burn rule fires only with at least this many bad events in its long window',
  owner: 'the team that owns the SLO',
  runbook: 'a link for whoever is woken',
  public: 'true: its badge at /badge/<id>.svg is shown to whoever asks, without login',
  locale: 'the language of its messages, as BCP 47: en, ja',
  id: 'the identity that history hangs on, when the SLO was renamed',
  aliases: 'former identities, separated by commas',
  provider:
    'the ProviderSLAs whose fault its failures are: aws-elb, or by cloud aws=aws-elb,gcp=gcp-lb; absent: ours',
  reconcile: 'off: no other source counts what it counts, and it is not compared with any',
  'label-aliases': 'labels that were called otherwise before, as present=former, separated by commas',
}
