// Distances on the earth.

/** A place in degrees. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** The mean radius of the earth, kilometres (IUGG). */
const earthRadiusKm = 6_371.0088;

/** The longest way between two places, kilometres: half of a great circle. */
export const longestKm = Math.PI * earthRadiusKm;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/**
 * The great-circle distance, kilometres, by the haversine formula, which is well-conditioned for near places
 * (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984). The earth is taken for a sphere, which is
 * wrong by 0.6 % at most. Berlin to New York: 6,385.
 */
export const distanceKm = (a: Place, b: Place): number => {
  const north = Math.sin(radians(b.latitude - a.latitude) / 2);
  const east = Math.sin(radians(b.longitude - a.longitude) / 2);
  const haversine =
    north * north + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * east * east;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(haversine)));
};
