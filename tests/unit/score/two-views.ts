import { Calibration } from '../../../src/score/calibration.js';
import type { Views } from '../../../src/score/combine.js';

/** Two views of made-up fields. */
export const VIEWS: Omit<Views, 'surpriseBound'> = {
  transformer: {
    survival: [
      [-5, 0.9],
      [0, 0.05],
      [4, 0.0005],
    ],
    tail: { from: 4, scale: 0.7 },
  },
  linear: {
    survival: [
      [-8, 0.9],
      [-2, 0.1],
      [5, 0.001],
    ],
    tail: { from: 5, scale: 1.2 },
  },
};

/** Of requests' combined surprises. */
export const CALIBRATION = new Calibration({
  smallestBudget: 1e-4,
  survival: [
    [0.1, 0.9],
    [1.6, 0.05],
    [2.6, 0.001],
  ],
  tail: { from: 2.6, scale: 0.2 },
});
