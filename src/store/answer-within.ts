/** The database did not answer in time. It may still do so. */
export class NoAnswerError extends Error {
  constructor(milliseconds: number) {
    super(`the database did not answer for ${milliseconds} ms`);
  }
}

const checkMilliseconds = 100;

/**
 * Settles like `answer`, or throws a `NoAnswerError` if it does not settle within this many milliseconds. The time in
 * which the event loop is blocked does not count, unlike with a timeout of the driver: whatever arrived meanwhile is
 * still to be read, and several statements may have to be answered.
 */
export async function answerWithin<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const checks = Math.ceil(milliseconds / checkMilliseconds);
  const silence = new Promise<never>((_resolve, reject) => {
    const give = () => reject(new NoAnswerError(milliseconds));
    // Counts checks, because a clock would also count the time in which the event loop could not read an answer.
    const wait = (left: number) => {
      timer = setTimeout(() => (left > 1 ? wait(left - 1) : setImmediate(give)), milliseconds / Math.max(1, checks));
    };
    wait(checks);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
