import { describe, expect, test } from '@jest/globals';
import { TrainingJournal } from '../../src/runs/training-journal.ts';

const step = (step: number, steps: number, epoch = 1) =>
  ({ phase: 'training', epoch, epochs: 10, step, steps, loss: step }) as const;

function stepsOf(journal: TrainingJournal): number[] {
  return journal.takeEvents().flatMap((event) => (event.kind === 'LOSS' ? [event.content.step] : []));
}

describe('TrainingJournal', () => {
  test('never decreases the progress over all phases of two trainings, and ends at 1', () => {
    const journal = new TrainingJournal();
    const fractions: number[] = [];
    const note = () => fractions.push(journal.progress.fraction);
    for (const role of ['measured', 'served'] as const) {
      journal.beginTraining(role);
      for (const fraction of [0, 0.5, 1]) {
        note();
        journal.report({ phase: 'factors', fraction });
      }
      for (const done of [1, 50, 100]) {
        note();
        journal.report(step(done, 100));
      }
      if (role === 'measured') journal.enter('MEASURING');
      note();
    }
    journal.enter('PUBLISHING', 1);
    note();
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions[0]).toBe(0);
    expect(fractions.at(-1)).toBe(1);
    expect(new Set(fractions).size).toBeGreaterThan(8);
  });

  test('stores few of a million steps, at doubling distances', () => {
    const journal = new TrainingJournal();
    for (let at = 1; at <= 1_000_000; at++) journal.report(step(at, 1_000_000));
    const steps = stepsOf(journal);
    expect(steps.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect(steps.length).toBeLessThan(500 + 11 * 251);
    expect(steps.filter((at) => at % 2048 === 0).length).toBe(Math.floor(1_000_000 / 2048));
  });

  test('reports each epoch once, with the mean of its last 50 losses, with or without validation', () => {
    const journal = new TrainingJournal();
    for (let at = 1; at <= 100; at++) journal.report(step(at, 300, 1));
    journal.report({ ...step(100, 300, 1), phase: 'validation', loss: 0.5 });
    for (let at = 101; at <= 110; at++) journal.report(step(at, 300, 2));
    journal.report(step(111, 300, 3));
    journal.endTraining();
    journal.endTraining();
    const epochs = journal.takeEvents().flatMap((event) => (event.kind === 'EPOCH' ? [event.content] : []));
    expect(epochs).toEqual([
      { epoch: 1, trainingLoss: 75.5, validationLoss: 0.5 },
      { epoch: 2, trainingLoss: 105.5, validationLoss: null },
      { epoch: 3, trainingLoss: 111, validationLoss: null },
    ]);
  });

  test('continues counting in a second training', () => {
    const journal = new TrainingJournal();
    journal.beginTraining('measured');
    for (let at = 1; at <= 4; at++) journal.report(step(at, 8, Math.ceil(at / 2)));
    journal.endTraining();
    journal.beginTraining('served');
    journal.report(step(1, 8, 1));
    journal.endTraining();
    const events = journal.takeEvents();
    expect(events.flatMap(({ kind, content }) => (kind === 'EPOCH' ? [content.epoch] : []))).toEqual([1, 2, 3]);
    expect(events.flatMap(({ kind, content }) => (kind === 'LOSS' ? [content.step] : []))).toEqual([1, 2, 3, 4, 5]);
  });
});
