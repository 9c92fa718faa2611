/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "dumping.h"
#include "exit_codes.h"

struct watching {
	const struct arguments *arguments;
	struct dump_result last; /* what was dumped just now */
};

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int number)
{
	(void)number;
	stop_asked = 1;
}

/* Not those that are ignored: nohup leakgraph watch ... & */
static void stop_on(int number)
{
	const struct sigaction action = {.sa_handler = ask_to_stop};
	struct sigaction before;

	if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

static bool stopped(void *context)
{
	(void)context;
	return stop_asked != 0;
}

static enum lg_status dump(void *context, pid_t pid, const char *path, uint64_t *start,
			   struct lg_error *err)
{
	struct watching *watching = context;
	enum lg_status status = dump_process(pid, path, watching->arguments, &watching->last, err);

	*start = watching->last.process_start;
	return status;
}

/* "2026-11-22 18:10:16 UTC": stands before each line, since they are read later. */
static const char *time_text(uint64_t unix_ns, char buffer[32])
{
	time_t seconds = (time_t)(unix_ns / 1000000000u);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(buffer, 32, "%Y-%m-%d %H:%M:%S UTC", &parts);
	return buffer;
}

static void print_reason(const struct lg_watch_event *event, const struct arguments *arguments)
{
	char now[LG_NUMBER_TEXT_BYTES], other[LG_NUMBER_TEXT_BYTES];

	printf("RSS %s", lg_bytes_text(event->rss_bytes, now));
	if (event->why & LG_WATCH_FIRST)
		printf(", the first");
	if (event->why & LG_WATCH_RSS)
		printf(", has come to %s", lg_bytes_text(arguments->rss_bytes, other));
	if (event->why & LG_WATCH_GROWTH)
		printf(", %+.0f %% from %s",
		       100 * ((double)event->rss_bytes / (double)event->last_rss_bytes - 1),
		       lg_bytes_text(event->last_rss_bytes, other));
	if (event->why & LG_WATCH_EVERY)
		printf(", time is up");
}

static void tell_dumped(const struct lg_watch_event *event, const struct watching *watching)
{
	char time[32], objects[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES];

	printf("%s  %s: ", time_text(event->taken_at_ns, time), event->path);
	print_reason(event, watching->arguments);
	printf("; %s objects, %s, stood still for %.1f ms\n",
	       lg_count_text(watching->last.objects, objects),
	       lg_bytes_text(watching->last.bytes, bytes), (double)watching->last.pause_ns / 1e6);
	fflush(stdout);
	warn_of_dump(&watching->last);
}

static void tell(void *context, const struct lg_watch_event *event)
{
	char time[32];

	switch (event->kind) {
	case LG_WATCH_DUMPED:
		tell_dumped(event, context);
		break;
	case LG_WATCH_REMOVED:
		printf("%s is removed\n", event->path);
		fflush(stdout);
		break;
	case LG_WATCH_FAILED:
		report_warning("%s  no dump: %s (again in %u s)",
			       time_text(event->taken_at_ns, time), event->err->text,
			       event->retry_seconds);
		break;
	case LG_WATCH_UNREMOVED:
		report_warning("%s", event->err->text);
		break;
	}
}

static int run(const struct arguments *arguments)
{
	struct watching watching = {.arguments = arguments};
	struct lg_watch_options options = {
		.rss_bytes = arguments->rss_bytes,
		.every_ns = arguments->every_ns,
		.growth = arguments->growth,
		.count = arguments->count,
		.keep = arguments->keep,
		.keep_bytes = arguments->keep_bytes,
		.output = arguments->output,
		.dump = dump,
		.tell = tell,
		.stopped = stopped,
		.context = &watching,
	};
	struct lg_error err = {0};
	pid_t pid;

	if (!parse_pid(&cmd_watch, arguments->operand[0], &pid))
		return EXIT_USAGE;
	if (!options.rss_bytes && !options.every_ns && !(options.growth > 0))
		return report_error(LG_E_USAGE, "watch expects --rss, --every or --growth (see: "
						"leakgraph help watch)");
	stop_on(SIGINT);
	stop_on(SIGTERM);
	stop_on(SIGHUP);
	return lg_watch_run(pid, &options, &err) == LG_OK ? EXIT_FINE : report_failure(&err);
}

const struct command cmd_watch = {
	IN_WATCH,
	"watch",
	"PID",
	1,
	1,
	"take a dump whenever memory has grown, or time is over",
	"Looks once a second at the memory of a process, of which that notices nothing,\n"
	"and dumps it whenever one of the conditions holds, a line for each dump. With\n"
	"--every or --growth the first dump is taken at once. --rss holds once, and again\n"
	"after RSS has been below nine tenths of it. The oldest dumps of the series are\n"
	"removed. A dump that fails is told and tried again. Ends with the process.",
	run,
};
