/**
 * Networks and where they are. All addresses are of ranges set aside for documentation and tests (RFC 5737, RFC 3849, RFC 2544), so that
 * none is anybody's. Places are given by coordinates of large cities.
 */
export interface Network {
  readonly key: string
  readonly cidr: string
  readonly kind: 'office' | 'vpn' | 'mobile' | 'other'
  readonly country: string
  readonly latitude: number
  readonly longitude: number
  readonly ip: (n: number) => string
}

const site = (n: number, latitude: number, longitude: number): Network => ({
  key: `site-${n}`,
  cidr: `198.51.100.${n * 32}/27`,
  kind: 'office',
  country: 'US',
  latitude,
  longitude,
  // Whoever works at a site comes out of one of four addresses.
  ip: (person) => `198.51.100.${n * 32 + 1 + (person % 4)}`,
})
const v6 = (
  key: string,
  group: string,
  kind: Network['kind'],
  country: string,
  latitude: number,
  longitude: number,
): Network => ({
  key,
  cidr: `2001:db8:${group}::/48`,
  kind,
  country,
  latitude,
  longitude,
  ip: (n) => `2001:db8:${group}:${(n % 65_536).toString(16)}::${((n >>> 16) + 1).toString(16)}`,
})

/** Four sites within 40 km, around New York. */
export const sites: readonly Network[] = [
  site(0, 40.71, -74.01),
  site(1, 40.73, -73.79),
  site(2, 40.92, -73.9),
  site(3, 40.74, -74.17),
]
export const vpn: Network = {
  key: 'vpn',
  cidr: '198.51.100.240/28',
  kind: 'vpn',
  country: 'US',
  latitude: 39.04,
  longitude: -77.49,
  ip: (n) => `198.51.100.${241 + (n % 4)}`,
}
export const homes: readonly Network[] = [
  {
    key: 'home-0',
    cidr: '198.18.0.0/16',
    kind: 'other',
    country: 'US',
    latitude: 40.68,
    longitude: -73.94,
    ip: (n) => `198.18.${(n >>> 8) % 256}.${n % 256}`,
  },
  v6('home-1', 'a1', 'other', 'US', 40.79, -73.97),
  v6('home-2', 'a2', 'other', 'US', 40.86, -74.12),
  v6('home-3', 'a3', 'other', 'US', 41.03, -73.76),
]
/** Carriers. The third brings its customers to the internet in another city, as carriers do. */
export const mobiles: readonly Network[] = [
  v6('mobile-0', 'b1', 'mobile', 'US', 40.7, -74),
  v6('mobile-1', 'b2', 'mobile', 'US', 40.0, -75.1),
  v6('mobile-2', 'b3', 'mobile', 'US', 41.88, -87.63),
]
/** Where people travel to, in the country and outside. */
export const domestic: readonly Network[] = [
  v6('hotel-0', 'c1', 'other', 'US', 39.74, -104.99),
  v6('hotel-1', 'c2', 'other', 'US', 34.05, -118.24),
  v6('hotel-2', 'c3', 'other', 'US', 25.76, -80.19),
]
export const abroad: readonly Network[] = [
  v6('abroad-0', 'd1', 'other', 'FR', 48.86, 2.35),
  v6('abroad-1', 'd2', 'other', 'MX', 19.43, -99.13),
  v6('abroad-2', 'd3', 'other', 'IT', 41.9, 12.5),
]
/** Where attacks come from: hosts for rent, in several countries. */
export const hosts: readonly Network[] = [
  { ...v6('host-0', 'e1', 'other', 'NL', 52.37, 4.9), cidr: '203.0.113.0/24', ip: (n) => `203.0.113.${1 + (n % 254)}` },
  v6('host-1', 'e2', 'other', 'RO', 44.43, 26.1),
  v6('host-2', 'e3', 'other', 'SG', 1.35, 103.82),
  v6('host-3', 'e4', 'other', 'US', 37.77, -122.42),
  { ...v6('host-4', 'e5', 'other', 'BR', -23.55, -46.63), cidr: '192.0.2.0/24', ip: (n) => `192.0.2.${1 + (n % 254)}` },
]

export const networks: readonly Network[] = [...sites, vpn, ...homes, ...mobiles, ...domestic, ...abroad, ...hosts]

const browser = (platform: string, rest: string): string => `Mozilla/5.0 (${platform}) ${rest}`
export const desktopAgents = [
  browser('Windows NT 10.0; Win64; x64', 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'),
  browser('Windows NT 10.0; Win64; x64; rv:132.0', 'Gecko/20100101 Firefox/132.0'),
  browser('Macintosh; Intel Mac OS X 10_15_7', 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15'),
] as const
export const phoneAgents = [
  browser(
    'iPhone; CPU iPhone OS 18_1 like Mac OS X',
    'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  ),
  browser('Linux; Android 10; K', 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36'),
] as const
