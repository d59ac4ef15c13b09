/* How much of what there is to gain the whole search finds, and with how many
 * runs: on programs whose slots have a known worth.
 *
 *     bench_tune [-s SEEDS]
 *
 * For each landscape and preset: the mean over the seeds of the part of the
 * possible gain that the chosen point truly has, the runs, the trials.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit/landscape.c"

static const struct land_shape shapes[] = {
	{ 2, 0, 6, 0.3, 0.30, 0.50, 0.70, 0.6 },
	{ 4, 0, 6, 0.3, 0.30, 0.50, 0.70, 0.6 },
	{ 4, 2, 8, 0.3, 0.30, 0.50, 0.70, 0.6 },
	{ 6, 0, 6, 0.5, 0.20, 0.40, 0.70, 0.6 },
	{ 6, 3, 10, 0.3, 0.50, 0.70, 0.85, 0.6 },
	{ 8, 2, 8, 0.3, 0.20, 0.40, 0.60, 0.3 },
};
enum { NSHAPE = sizeof shapes / sizeof *shapes };

static const struct preset {
	const char *word;
	size_t dev;
} presets[] = { { "light", 100 }, { "medium", 300 }, { "light", 40 } };
enum { NPRESET = sizeof presets / sizeof *presets };

struct found {
	double gain, runs, trials;
};

static void
one(const struct land_shape *s, const struct preset *p, uint64_t seed,
    const char *strategy, struct found *sum)
{
	struct setting level = { .name = "auto", .kind = SET_WORD,
	    .s = p->word };
	struct tune_result r;
	struct tune_task t;
	struct arena a;

	base_arena_init(&a);
	land_make(s, seed);
	t = land_task(&a, p->dev, seed);
	t.strategy = strategy;
	t.setting = &level;
	if (tune(&a, &t, NULL, &r) != MIP_OK)
		abort();
	sum->gain += (land_worth(r.slots) - s->written) /
	    (s->best - s->written);
	sum->runs += (double)land_runs();
	sum->trials += r.trials;
	arena_release(&a);
}

int
main(int argc, char **argv)
{
	static const char *const strategies[] = { "mipro", "random" };
	struct found sum, all[NPRESET][2] = { { { 0 } } };
	size_t seeds = 40, i, k, n, t;

	if (argc > 2 && strcmp(argv[1], "-s") == 0)
		seeds = (size_t)strtoul(argv[2], NULL, 10);
	printf("%-36s %-15s %-7s  gain    runs  trials\n", "landscape",
	    "preset, rows", "by");
	for (i = 0; i < NSHAPE; i++)
		for (k = 0; k < NPRESET; k++)
			for (t = 0; t < 2; t++) {
				sum = (struct found){ 0 };
				for (n = 0; n < seeds; n++)
					one(&shapes[i], &presets[k], n,
					    strategies[t], &sum);
				printf("%u slots of %u, %u numbers, pairs "
				    "%.1f    %-9s %4zu  %-7s %5.3f %7.0f "
				    "%6.1f\n", shapes[i].nvar,
				    shapes[i].nchoice, shapes[i].nnumber,
				    shapes[i].pairs, presets[k].word,
				    presets[k].dev, strategies[t],
				    sum.gain / (double)seeds,
				    sum.runs / (double)seeds,
				    sum.trials / (double)seeds);
				all[k][t].gain += sum.gain /
				    (double)(seeds * NSHAPE);
				all[k][t].runs += sum.runs /
				    (double)(seeds * NSHAPE);
			}
	for (k = 0; k < NPRESET; k++)
		for (t = 0; t < 2; t++)
			printf("%-36s %-9s %4zu  %-7s %5.3f %7.0f\n",
			    "mean of all", presets[k].word, presets[k].dev,
			    strategies[t], all[k][t].gain, all[k][t].runs);
	return 0;
}
