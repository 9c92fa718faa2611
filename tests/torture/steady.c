/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steady MODE MARKS: a program with one thread that notices when it is not put
 * back exactly as it was. It keeps its marks as marks.py lays them out.
 *
 *	spin    all registers, the flags, the red zone, x87, SSE and AVX hold known
 *	        values; the thread is never in a system call for long
 *	read    blocked in read() of stdin
 *	sleep   in nanosleep() of 20 ms; one that ends early is a fault
 *	parent  as read, and with two children that end without a signal, as a copy does:
 *		a dead one and one that lives
 *	alone   as read, and may have no further process: it can't be copied
 */
#include <errno.h>
#include <fcntl.h>
#include <immintrin.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARKS_BYTES 16384

/* The first words of the marks. */
static volatile struct {
	uint64_t faults, interrupted, counters, rounds;
} *marks;

static char alternate[65536];

static void fault(const char *what)
{
	fprintf(stderr, "steady: %s\n", what);
	++marks->faults;
}

/* What a thread owns besides registers: its mask, its alternate stack, its children. */
static void check_self(void)
{
	sigset_t mask;
	stack_t stack;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int i = 1; i < 32; i++)
		if (sigismember(&mask, i) != (i == SIGUSR2))
			fault("the signal mask has changed");
	sigaltstack(NULL, &stack);
	if (stack.ss_sp != alternate || stack.ss_size != sizeof alternate || stack.ss_flags)
		fault("the alternate stack has changed");
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		fault("a child is seen");
}

static uint64_t pattern[8][8] __attribute__((aligned(64)));

/*
 * 0 when all is as it was put, else which check failed. rax counts; the rest
 * holds values.
 */
__attribute__((noinline, naked)) static int spin(uint64_t count __attribute__((unused)),
						 const void *values __attribute__((unused)))
{
	__asm__("push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
		"mov %rdi, %rax; mov %rsi, %rdx\n"
		"vmovdqa (%rdx), %ymm0; vmovdqa 32(%rdx), %ymm1; vmovdqa 64(%rdx), %ymm14\n"
		"vmovdqa 96(%rdx), %ymm15\n"
		"fld1; fldpi\n"
		"movabs $0x1111111111111111, %rbx; movabs $0x2222222222222222, %rbp\n"
		"movabs $0x3333333333333333, %rcx; movabs $0x4444444444444444, %rdi\n"
		"movabs $0x5555555555555555, %rsi; movabs $0x6666666666666666, %r8\n"
		"lea 1(%r8), %r9; lea 2(%r8), %r10; lea 3(%r8), %r11; lea 4(%r8), %r12\n"
		"lea 5(%r8), %r13; lea 6(%r8), %r14; lea 7(%r8), %r15\n"
		"mov %r8, -8(%rsp); mov %r9, -64(%rsp); mov %r10, -128(%rsp)\n"
		"stc\n"
		"1: dec %rax; jnz 1b\n"
		"jnc 9f\n"
		"inc %eax\n" /* 1: registers */
		"movabs $0x1111111111111111, %r10; cmp %r10, %rbx; jne 9f\n"
		"movabs $0x2222222222222222, %r10; cmp %r10, %rbp; jne 9f\n"
		"movabs $0x3333333333333333, %r10; cmp %r10, %rcx; jne 9f\n"
		"movabs $0x4444444444444444, %r10; cmp %r10, %rdi; jne 9f\n"
		"movabs $0x5555555555555555, %r10; cmp %r10, %rsi; jne 9f\n"
		"movabs $0x6666666666666666, %r10; cmp %r10, %r8; jne 9f\n"
		"lea 1(%r8), %r10; cmp %r10, %r9; jne 9f; lea 3(%r8), %r10; cmp %r10, %r11; jne 9f\n"
		"lea 4(%r8), %r10; cmp %r10, %r12; jne 9f; lea 5(%r8), %r10; cmp %r10, %r13; jne 9f\n"
		"lea 6(%r8), %r10; cmp %r10, %r14; jne 9f; lea 7(%r8), %r10; cmp %r10, %r15; jne 9f\n"
		"inc %eax\n" /* 2: red zone */
		"cmp %r8, -8(%rsp); jne 9f; cmp %r9, -64(%rsp); jne 9f\n"
		"lea 2(%r8), %r10; cmp %r10, -128(%rsp); jne 9f\n"
		"inc %eax\n" /* 3: vectors */
		"vpcmpeqb (%rdx), %ymm0, %ymm2; vpcmpeqb 32(%rdx), %ymm1, %ymm3\n"
		"vpcmpeqb 64(%rdx), %ymm14, %ymm4; vpcmpeqb 96(%rdx), %ymm15, %ymm5\n"
		"vpand %ymm2, %ymm3, %ymm3; vpand %ymm3, %ymm4, %ymm4; vpand %ymm4, %ymm5, %ymm5\n"
		"vpmovmskb %ymm5, %r10d; cmp $-1, %r10d; jne 9f\n"
		"inc %eax\n" /* 4: x87 */
		"fldpi; fcomip %st(1), %st; jne 9f; fstp %st\n"
		"fld1; fcomip %st(1), %st; jne 9f; fstp %st\n"
		"mov $-1, %eax\n"
		"9: inc %eax; emms; vzeroupper\n"
		"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");
}

static void round_spin(void)
{
	unsigned control = _mm_getcsr();
	int answer;

	_mm_setcsr(0x7f80); /* all masked, round towards zero: not what a fresh thread has */
	answer = spin(200000, pattern);
	if (_mm_getcsr() >> 6 != 0x7f80 >> 6)
		fault("MXCSR has changed");
	_mm_setcsr(control);
	if (answer)
		fprintf(stderr, "steady: check %d\n", answer), ++marks->faults;
}

static void round_read(void)
{
	char byte;

	if (read(0, &byte, 1) != 1)
		_exit(0);
}

/* A child without a signal at its end, which lives as long as we do or not at all. */
static pid_t quiet_child(bool lives)
{
	pid_t child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, 0);

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (lives)
		pause();
	_exit(0);
}

static bool is_dead(pid_t child)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT | WNOHANG | __WALL) == 0 &&
	       info.si_pid == child;
}

static void round_parent(void)
{
	static pid_t dead, alive;

	if (!dead) {
		dead = quiet_child(false);
		alive = quiet_child(true);
		while (!is_dead(dead))
			usleep(1000);
	}
	round_read();
	if (!is_dead(dead))
		fault("a dead child is gone");
	if (is_dead(alive) || kill(alive, 0) != 0)
		fault("a child has died");
}

/* The limit is no limit to root. */
static void round_alone(void)
{
	static const struct rlimit one = {1, 1};
	static bool limited;

	if (!limited && ((geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) ||
			 setrlimit(RLIMIT_NPROC, &one) != 0))
		fault("no limit on processes can be set");
	limited = true;
	round_read();
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void round_sleep(void)
{
	struct timespec time = {0, 20000000};
	uint64_t begun = now_us();

	if (nanosleep(&time, NULL) != 0)
		fault(strerror(errno));
	if (now_us() - begun < 19000)
		fault("a sleep was cut short");
}

static void (*round_of(const char *mode))(void)
{
	if (strcmp(mode, "spin") == 0)
		return round_spin;
	if (strcmp(mode, "read") == 0)
		return round_read;
	if (strcmp(mode, "parent") == 0)
		return round_parent;
	if (strcmp(mode, "alone") == 0)
		return round_alone;
	return strcmp(mode, "sleep") == 0 ? round_sleep : NULL;
}

int main(int argc, char **argv)
{
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
	void (*round)(void);
	sigset_t mask;
	int fd;

	if (argc < 3)
		return 2;
	fd = open(argv[2], O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, MARKS_BYTES) != 0)
		return 2;
	marks = mmap(NULL, MARKS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (marks == MAP_FAILED)
		return 2;
	marks->counters = 1;
	memset(pattern, 0xa5, sizeof pattern);
	pattern[3][1] = 0x0123456789abcdef;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaltstack(&stack, NULL);
	round = round_of(argv[1]);
	if (!round)
		return 2;
	printf("ready %d %s\n", getpid(), argv[1]);
	fflush(stdout);
	for (;;) {
		round();
		check_self();
		++marks->rounds;
	}
}
