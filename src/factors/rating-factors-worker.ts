import { serveThread } from '../common/run-in-thread.ts';
import { factorizeRatings } from './factorize-ratings.ts';
import type { RatingFactorsRequest } from './rating-factors.ts';

serveThread(
  ({ byUser, options }: RatingFactorsRequest) => factorizeRatings(byUser, options),
  (factors) => [factors],
);
