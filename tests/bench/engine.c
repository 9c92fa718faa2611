/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "graph/dominators.h"
#include "graph/igraph_bridge.h"
#include "graph/pages.h"
#include "graphs.h"
#include "leakgraph/analysis.h"
#include "leakgraph/dump.h"
#include "measure.h"
#include "peers.h"

/*
 * Heaps like those of a service, of the sizes in BENCH_SIZES, the same for the
 * same BENCH_SEED. Processor time, since the machine may be shared; the middle
 * of BENCH_RUNS. Only the ratios mean something.
 */

#define MOST_RUNS 32
/* igraph takes some 400 bytes an object. */
#define IGRAPH_MOST 20000000

struct figures {
	uint32_t objects;
	uint64_t references;
	double search, dominators, igraph, read, graph;
	double load_kernel, search_kernel, dominators_kernel; /* of the mean of all runs */
	double shortest, referrers, analyze, analyze_kernel;
	uint64_t peak_bytes, peak_asked;
};

static unsigned runs(void)
{
	const char *text = getenv("BENCH_RUNS");
	unsigned long count = text ? strtoul(text, NULL, 10) : 5;

	return count < 1 ? 1 : count > MOST_RUNS ? MOST_RUNS : (unsigned)count;
}

static bool switched_off(const char *variable)
{
	const char *text = getenv(variable);

	return text && strcmp(text, "0") == 0;
}

static void measure_search(const struct lg_graph *graph, struct figures *f)
{
	struct plain *plain = plain_new(graph);
	double seconds[MOST_RUNS], kernel = kernel_seconds();

	for (unsigned i = 0; i < runs(); i++) {
		double start;

		lg_pages_drain();
		start = cpu_seconds();
		plain_search(plain);
		seconds[i] = cpu_seconds() - start;
	}
	f->search_kernel = (kernel_seconds() - kernel) / runs();
	f->search = median(seconds, runs());
	plain_free(plain);
}

static void measure_dominators(const struct lg_graph *graph, struct figures *f)
{
	double seconds[MOST_RUNS], kernel = kernel_seconds();
	struct lg_error error;
	uint64_t asked;

	rss_mark();
	lg_pages_reset_peak();
	asked = lg_pages_in_use();
	for (unsigned i = 0; i < runs(); i++) {
		struct lg_dominators *d;
		double start;

		lg_pages_drain();
		start = cpu_seconds();
		must(lg_dominators_build(graph, NULL, &d, &error), &error);
		seconds[i] = cpu_seconds() - start;
		lg_dominators_free(d);
	}
	f->peak_bytes = rss_peak();
	f->peak_asked = lg_pages_peak() - asked;
	f->dominators_kernel = (kernel_seconds() - kernel) / runs();
	f->dominators = median(seconds, runs());
}

static void measure_rest(const struct lg_graph *graph, struct figures *f)
{
	struct lg_shortest *shortest;
	struct lg_referrers *referrers;
	struct lg_error error;
	double start = cpu_seconds();

	must(lg_shortest_build(graph, &shortest, &error), &error);
	f->shortest = cpu_seconds() - start;
	lg_shortest_free(shortest);
	start = cpu_seconds();
	must(lg_referrers_build(graph, &referrers, &error), &error);
	f->referrers = cpu_seconds() - start;
	lg_referrers_free(referrers);
}

/* Once: it takes long. Its graph is made outside of the measure; answers are compared. */
static void measure_igraph(const struct lg_graph *graph, struct figures *f)
{
	lg_cleanup(lg_pages_drop) uint32_t *theirs = NULL;
	struct lg_dominators *d;
	struct lg_igraph *copy;
	struct lg_error error;
	double start;

	if (f->objects > IGRAPH_MOST || switched_off("BENCH_IGRAPH"))
		return;
	must(lg_pages_take(theirs, graph->node_count, "igraph's answer", &error), &error);
	must(lg_igraph_new(graph, &copy, &error), &error);
	start = cpu_seconds();
	must(lg_igraph_dominators(copy, theirs, &error), &error);
	f->igraph = cpu_seconds() - start;
	lg_igraph_free(copy);
	must(lg_dominators_build(graph, NULL, &d, &error), &error);
	for (uint32_t v = 0; v < graph->node_count; v++)
		if (d->immediate[v] != theirs[v]) {
			fprintf(stderr, "node %u: dominator %u, igraph says %u\n", v,
				d->immediate[v], theirs[v]);
			exit(1);
		}
	lg_dominators_free(d);
}

/* All that `leakgraph analyze` does but print, with all its threads. */
static void measure_analyze(const char *path, struct figures *f)
{
	double seconds[MOST_RUNS], kernel = process_kernel_seconds();

	if (switched_off("BENCH_ANALYZE"))
		return;
	for (unsigned i = 0; i < runs(); i++) {
		struct lg_snapshot *snapshot;
		struct lg_analysis *analysis;
		struct lg_verdict *verdict;
		struct lg_error error;
		double start;

		lg_pages_drain();
		start = process_seconds();
		must(lg_dump_read(path, NULL, &snapshot, &error), &error);
		must(lg_analysis_open(snapshot, NULL, &analysis, &error), &error);
		must(lg_verdict_build(analysis, 0, &verdict, &error), &error);
		seconds[i] = process_seconds() - start;
		lg_verdict_free(verdict);
		lg_analysis_free(analysis);
		lg_snapshot_free(snapshot);
	}
	f->analyze_kernel = (process_kernel_seconds() - kernel) / runs();
	f->analyze = median(seconds, runs());
}

static void write_dump(uint32_t objects, const char *path)
{
	const char *seed = getenv("BENCH_SEED");
	struct lg_snapshot *snapshot = heap_snapshot(objects, seed ? strtoull(seed, NULL, 10) : 1);
	struct lg_error error;

	must(lg_dump_write(path, snapshot, NULL, &error), &error);
	lg_snapshot_free(snapshot);
}

static struct lg_snapshot *load_once(const char *path, struct lg_graph **graph, double *read,
				     double *build)
{
	struct lg_snapshot *snapshot;
	struct lg_error error;
	double start, middle;

	lg_pages_drain();
	start = process_seconds();
	must(lg_dump_read(path, NULL, &snapshot, &error), &error);
	middle = process_seconds();
	must(lg_graph_build(snapshot, NULL, graph, &error), &error);
	*read = middle - start;
	*build = process_seconds() - middle;
	return snapshot;
}

/* Processor time of all threads together: what one core would take. */
static struct lg_snapshot *load(const char *path, struct lg_graph **graph, struct figures *f)
{
	double read[MOST_RUNS], build[MOST_RUNS], kernel = process_kernel_seconds();
	struct lg_snapshot *snapshot = NULL;

	for (unsigned i = 0; i < runs(); i++) {
		if (snapshot) {
			lg_graph_free(*graph);
			lg_snapshot_free(snapshot);
		}
		snapshot = load_once(path, graph, &read[i], &build[i]);
	}
	f->load_kernel = (process_kernel_seconds() - kernel) / runs();
	f->read = median(read, runs());
	f->graph = median(build, runs());
	f->objects = snapshot->object_count;
	f->references = snapshot->reference_count;
	return snapshot;
}

static void print(const struct figures *f)
{
	double node_bytes = (double)f->peak_bytes - 4.0 * (double)f->references;
	char igraph[32] = "-";

	printf("  %u objects, %lu references: search %.3f s, dominators %.3f s, igraph %.3f s, "
	       "read %.3f s, graph %.3f s, shortest %.3f s, referrers %.3f s\n",
	       f->objects, (unsigned long)f->references, f->search, f->dominators, f->igraph,
	       f->read, f->graph, f->shortest, f->referrers);
	printf("  all of analyze %.3f s, %.2f x DFS\n", f->analyze, f->analyze / f->search);
	printf("  of these in the kernel, for fresh pages: search %.3f s, dominators %.3f s, "
	       "read and graph %.3f s, analyze %.3f s\n",
	       f->search_kernel, f->dominators_kernel, f->load_kernel, f->analyze_kernel);
	printf("  dominators at the peak: 4 B/reference and %.1f B/object resident beside the "
	       "graph, "
	       "%.1f B/object asked for\n",
	       node_bytes / f->objects, (double)f->peak_asked / f->objects);
	if (f->igraph > 0)
		snprintf(igraph, sizeof igraph, "%.1f", f->igraph / f->dominators);
	printf("bench: %u objects, dominators %s x igraph, %.2f x DFS, %.1f B/object, "
	       "load %.1f M objects/s\n",
	       f->objects, igraph, f->dominators / f->search,
	       (double)f->peak_bytes / f->objects, f->objects / (f->read + f->graph) / 1e6);
	fflush(stdout);
}

static void measure_dump(const char *path)
{
	struct lg_snapshot *snapshot;
	struct lg_graph *graph;
	struct figures f = {0};

	snapshot = load(path, &graph, &f);
	measure_search(graph, &f);
	measure_dominators(graph, &f);
	measure_rest(graph, &f);
	measure_igraph(graph, &f);
	lg_graph_free(graph);
	lg_snapshot_free(snapshot);
	measure_analyze(path, &f);
	print(&f);
}

static void measure_made(uint32_t objects)
{
	char path[] = "/tmp/leakgraph-bench-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0) {
		perror(path);
		exit(1);
	}
	close(fd);
	write_dump(objects, path);
	measure_dump(path);
	unlink(path);
}

/* Arguments are dumps to measure instead of heaps made for the purpose. */
int main(int argc, char **argv)
{
	const char *sizes = getenv("BENCH_SIZES");
	char *end;

	for (int i = 1; i < argc; i++)
		measure_dump(argv[i]);
	if (argc > 1)
		return 0;
	if (!sizes)
		sizes = "1000000";
	for (; *sizes; sizes = end) {
		unsigned long objects = strtoul(sizes, &end, 10);

		if (end == sizes || objects < 1000 || objects > LG_MAX_OBJECTS) {
			fprintf(stderr, "BENCH_SIZES: '%s' is no number of objects from 1000\n",
				sizes);
			return 2;
		}
		measure_made((uint32_t)objects);
		end += *end == ' ' || *end == ',';
	}
	return 0;
}
