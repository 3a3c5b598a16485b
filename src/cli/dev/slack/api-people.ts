import { type Answer, type Args, type Context, flag, type Method, no, words } from './method.ts'

export const PEOPLE_METHODS: readonly (readonly [string, Method])[] = [
  ['users.info', userInfo],
  ['usergroups.users.list', groupMembers],
]

function userInfo({ workspace }: Context, args: Args): Answer {
  const id = words.catch('').parse(args['user'])
  const withLocale = flag.parse(args['include_locale'])
  if (id === workspace.bot.user) {
    const { name } = workspace.bot
    return { ok: true, user: { id, name, real_name: name, is_bot: true, tz: 'Etc/UTC' } }
  }
  const user = workspace.users.get(id)
  if (user === undefined) return no('user_not_found')
  const { name, locale, zone, guest, deleted } = user
  return {
    ok: true,
    user: {
      id,
      name: name.toLowerCase().replaceAll(' ', '.'),
      real_name: name,
      profile: { display_name: name, real_name: name },
      tz: zone,
      deleted,
      is_bot: false,
      is_restricted: guest,
      is_ultra_restricted: false,
      ...(withLocale ? { locale } : {}),
    },
  }
}

function groupMembers({ workspace }: Context, args: Args): Answer {
  const users = workspace.groups.get(words.catch('').parse(args['usergroup']))
  return users === undefined ? no('no_such_subteam') : { ok: true, users: [...users] }
}
