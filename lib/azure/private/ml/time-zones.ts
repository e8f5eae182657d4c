/**
 * Time zones of Windows that Azure Monitor accepts, by the time zone of the IANA that they correspond to:
 * https://github.com/unicode-org/cldr/blob/main/common/supplemental/windowsZones.xml (territory 001).
 */
const ZONES: Readonly<Record<string, string>> = {
  'Africa/Cairo': 'Egypt Standard Time',
  'Africa/Casablanca': 'Morocco Standard Time',
  'Africa/Johannesburg': 'South Africa Standard Time',
  'Africa/Lagos': 'W. Central Africa Standard Time',
  'Africa/Nairobi': 'E. Africa Standard Time',
  'Africa/Tripoli': 'Libya Standard Time',
  'Africa/Windhoek': 'Namibia Standard Time',
  'America/Anchorage': 'Alaskan Standard Time',
  'America/Argentina/Buenos_Aires': 'Argentina Standard Time',
  'America/Asuncion': 'Paraguay Standard Time',
  'America/Bahia': 'Bahia Standard Time',
  'America/Bogota': 'SA Pacific Standard Time',
  'America/Caracas': 'Venezuela Standard Time',
  'America/Cayenne': 'SA Eastern Standard Time',
  'America/Chicago': 'Central Standard Time',
  'America/Cuiaba': 'Central Brazilian Standard Time',
  'America/Denver': 'Mountain Standard Time',
  'America/Guatemala': 'Central America Standard Time',
  'America/Halifax': 'Atlantic Standard Time',
  'America/Indiana/Indianapolis': 'US Eastern Standard Time',
  'America/La_Paz': 'SA Western Standard Time',
  'America/Los_Angeles': 'Pacific Standard Time',
  'America/Mazatlan': 'Mountain Standard Time (Mexico)',
  'America/Mexico_City': 'Central Standard Time (Mexico)',
  'America/Montevideo': 'Montevideo Standard Time',
  'America/New_York': 'Eastern Standard Time',
  'America/Nuuk': 'Greenland Standard Time',
  'America/Phoenix': 'US Mountain Standard Time',
  'America/Regina': 'Canada Central Standard Time',
  'America/Santiago': 'Pacific SA Standard Time',
  'America/Sao_Paulo': 'E. South America Standard Time',
  'America/St_Johns': 'Newfoundland Standard Time',
  'America/Tijuana': 'Pacific Standard Time (Mexico)',
  'Asia/Almaty': 'Central Asia Standard Time',
  'Asia/Amman': 'Jordan Standard Time',
  'Asia/Baghdad': 'Arabic Standard Time',
  'Asia/Baku': 'Azerbaijan Standard Time',
  'Asia/Bangkok': 'SE Asia Standard Time',
  'Asia/Beirut': 'Middle East Standard Time',
  'Asia/Colombo': 'Sri Lanka Standard Time',
  'Asia/Damascus': 'Syria Standard Time',
  'Asia/Dhaka': 'Bangladesh Standard Time',
  'Asia/Dubai': 'Arabian Standard Time',
  'Asia/Irkutsk': 'North Asia East Standard Time',
  'Asia/Jerusalem': 'Israel Standard Time',
  'Asia/Kabul': 'Afghanistan Standard Time',
  'Asia/Kamchatka': 'Russia Time Zone 11',
  'Asia/Karachi': 'Pakistan Standard Time',
  'Asia/Kathmandu': 'Nepal Standard Time',
  'Asia/Kolkata': 'India Standard Time',
  'Asia/Krasnoyarsk': 'North Asia Standard Time',
  'Asia/Magadan': 'Magadan Standard Time',
  'Asia/Novosibirsk': 'N. Central Asia Standard Time',
  'Asia/Riyadh': 'Arab Standard Time',
  'Asia/Seoul': 'Korea Standard Time',
  'Asia/Shanghai': 'China Standard Time',
  'Asia/Singapore': 'Singapore Standard Time',
  'Asia/Srednekolymsk': 'Russia Time Zone 10',
  'Asia/Taipei': 'Taipei Standard Time',
  'Asia/Tashkent': 'West Asia Standard Time',
  'Asia/Tbilisi': 'Georgian Standard Time',
  'Asia/Tehran': 'Iran Standard Time',
  'Asia/Tokyo': 'Tokyo Standard Time',
  'Asia/Ulaanbaatar': 'Ulaanbaatar Standard Time',
  'Asia/Vladivostok': 'Vladivostok Standard Time',
  'Asia/Yakutsk': 'Yakutsk Standard Time',
  'Asia/Yangon': 'Myanmar Standard Time',
  'Asia/Yekaterinburg': 'Ekaterinburg Standard Time',
  'Asia/Yerevan': 'Caucasus Standard Time',
  'Atlantic/Azores': 'Azores Standard Time',
  'Atlantic/Cape_Verde': 'Cape Verde Standard Time',
  'Atlantic/Reykjavik': 'Greenwich Standard Time',
  'Australia/Adelaide': 'Cen. Australia Standard Time',
  'Australia/Brisbane': 'E. Australia Standard Time',
  'Australia/Darwin': 'AUS Central Standard Time',
  'Australia/Hobart': 'Tasmania Standard Time',
  'Australia/Perth': 'W. Australia Standard Time',
  'Australia/Sydney': 'AUS Eastern Standard Time',
  'Etc/GMT+11': 'UTC-11',
  'Etc/GMT+12': 'Dateline Standard Time',
  'Etc/GMT+2': 'UTC-02',
  'Etc/GMT-12': 'UTC+12',
  'Europe/Berlin': 'W. Europe Standard Time',
  'Europe/Bucharest': 'GTB Standard Time',
  'Europe/Budapest': 'Central Europe Standard Time',
  'Europe/Chisinau': 'E. Europe Standard Time',
  'Europe/Istanbul': 'Turkey Standard Time',
  'Europe/Kaliningrad': 'Kaliningrad Standard Time',
  'Europe/Kyiv': 'FLE Standard Time',
  'Europe/London': 'GMT Standard Time',
  'Europe/Minsk': 'Belarus Standard Time',
  'Europe/Moscow': 'Russian Standard Time',
  'Europe/Paris': 'Romance Standard Time',
  'Europe/Samara': 'Russia Time Zone 3',
  'Europe/Warsaw': 'Central European Standard Time',
  'Indian/Mauritius': 'Mauritius Standard Time',
  'Pacific/Apia': 'Samoa Standard Time',
  'Pacific/Auckland': 'New Zealand Standard Time',
  'Pacific/Fiji': 'Fiji Standard Time',
  'Pacific/Guadalcanal': 'Central Pacific Standard Time',
  'Pacific/Honolulu': 'Hawaiian Standard Time',
  'Pacific/Kiritimati': 'Line Islands Standard Time',
  'Pacific/Port_Moresby': 'West Pacific Standard Time',
  'Pacific/Tongatapu': 'Tonga Standard Time',
  UTC: 'UTC',
};

const DAYS_COMPARED = 2 * 366;
const DAY_MILLISECONDS = 86_400_000;

/**
 * Returns the name that Windows has for a time zone of the IANA, or for another one with the same time on every day of the
 * next two years. Returns undefined if Azure Monitor has none.
 *
 * @param now first of these days
 */
export function windowsTimeZone(timeZone: string, now = Date.now()): string | undefined {
  const known = ZONES[timeZone];
  if (known !== undefined) return known;
  const time = clock(timeZone);
  const days = Array.from({ length: DAYS_COMPARED }, (_, day) => new Date(now + day * DAY_MILLISECONDS));
  const equal = Object.keys(ZONES).find((zone) => {
    const other = clock(zone);
    return days.every((day) => time.format(day) === other.format(day));
  });
  return equal === undefined ? undefined : ZONES[equal];
}

function clock(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short', timeStyle: 'short' });
}
