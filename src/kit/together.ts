/**
 * Questions asked at about the same time become one: while one is under way the next ones collect, so the busier it is
 * the less each costs, and a lone one goes at once.
 */
export function together<Question, Answer>(
  ask: (questions: Question[]) => Promise<Answer[]>,
  most: number,
): (question: Question) => Promise<Answer> {
  type Waiting = { question: Question; answered: (answer: Answer) => void; failed: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let isAsking = false;

  async function work(): Promise<void> {
    await undefined; // those who ask in the same turn come along
    while (waiting.length > 0) {
      const batch = waiting.splice(0, most);
      try {
        const answers = await ask(batch.map((one) => one.question));
        for (const [i, one] of batch.entries()) one.answered(answers[i]!);
      } catch (error) {
        for (const one of batch) one.failed(error);
      }
    }
    isAsking = false;
  }

  return (question) =>
    new Promise((answered, failed) => {
      waiting.push({ question, answered, failed });
      if (isAsking) return;
      isAsking = true;
      void work();
    });
}
