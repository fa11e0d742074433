export const learningRateScheduleKinds = ['constant', 'cosine'] as const;
export type LearningRateScheduleKind = (typeof learningRateScheduleKinds)[number];

/** The factor of the learning rate at a progress from 0, the first step, to 1, the end of the last epoch. */
export type LearningRateSchedule = (progress: number) => number;

export const learningRateSchedules: Record<LearningRateScheduleKind, LearningRateSchedule> = {
  constant: () => 1,
  /** Half a cosine down to zero (arXiv 1608.03983, eq. 5, without restarts), after a short linear rise. */
  cosine(progress) {
    if (progress < warmUp) return (progress + warmUp / 10) / (warmUp * 1.1);
    return 0.5 * (1 + Math.cos((Math.PI * (progress - warmUp)) / (1 - warmUp)));
  },
};

/** Adam's moments say little in the first steps, which are therefore kept small. */
const warmUp = 0.02;
