// Which instruction sets this processor and its operating system support, and the table of each. Feature bits decide,
// never processor models.
#define _POSIX_C_SOURCE 199309L
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "families.h"

#define ISA_COUNT 4

static apus_kernels tables[ISA_COUNT];
static bool supported[ISA_COUNT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
// The registers that the operating system saves on a context switch: without them the feature bits mean nothing.
static uint64_t saved_state(void) {
  uint32_t a, b, c, d;
  __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1), "c"(0));
  if (!(c & 1u << 27)) return 0;  // OSXSAVE
  __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return (uint64_t)d << 32 | a;
}

static bool has_avx2(void) {
  return (saved_state() & 0x6) == 0x6 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
static bool has_avx512(void) {
  return has_avx2() && (saved_state() & 0xe6) == 0xe6 && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

static void start(apus_isa isa, const char *name) {
  apus_kernels *k = &tables[isa];
  supported[isa] = true;
  k->isa = isa;
  k->name = name;
#define APUS_FILL_SCALAR(family) apus_fill_##family##_scalar(k);
  APUS_SCALAR_FAMILIES(APUS_FILL_SCALAR)
}

static void fill_tables(void) {
  start(APUS_ISA_SCALAR, "scalar");
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (has_avx2()) {
    start(APUS_ISA_AVX2, "avx2");
#define APUS_FILL_AVX2(family) apus_fill_##family##_avx2(&tables[APUS_ISA_AVX2]);
    APUS_VECTOR_FAMILIES(APUS_FILL_AVX2)
  }
  if (has_avx512()) {
    start(APUS_ISA_AVX512, "avx512");
#define APUS_FILL_AVX512(family) apus_fill_##family##_avx512(&tables[APUS_ISA_AVX512]);
    APUS_VECTOR_FAMILIES(APUS_FILL_AVX512)
  }
#elif defined(__aarch64__)
  start(APUS_ISA_NEON, "neon");
#define APUS_FILL_NEON(family) apus_fill_##family##_neon(&tables[APUS_ISA_NEON]);
  APUS_VECTOR_FAMILIES(APUS_FILL_NEON)
#endif
}

const apus_kernels *apus_kernels_for(apus_isa isa) {
  pthread_once(&once, fill_tables);
  return (unsigned)isa < ISA_COUNT && supported[isa] ? &tables[isa] : NULL;
}

const apus_kernels *apus_kernels_best(void) {
  static const apus_isa best_first[] = {APUS_ISA_AVX512, APUS_ISA_AVX2, APUS_ISA_NEON};
  for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++) {
    const apus_kernels *k = apus_kernels_for(best_first[i]);
    if (k) return k;
  }
  return apus_kernels_for(APUS_ISA_SCALAR);
}

const apus_kernels *apus_kernels_named(const char *name) {
  for (int isa = 0; isa < ISA_COUNT; isa++) {
    const apus_kernels *k = apus_kernels_for((apus_isa)isa);
    if (k && strcmp(k->name, name) == 0) return k;
  }
  return NULL;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double (*peak_loop(apus_isa isa))(uint64_t) {
#if defined(__x86_64__)
  if (isa == APUS_ISA_AVX512) return apus_peak_avx512;
  if (isa == APUS_ISA_AVX2) return apus_peak_avx2;
#elif defined(__aarch64__)
  if (isa == APUS_ISA_NEON) return apus_peak_neon;
#endif
  return apus_peak_scalar;
}

double apus_measure_peak(const apus_kernels *k, double seconds) {
  double (*loop)(uint64_t) = peak_loop(k->isa);
  double best = 0, end = now() + seconds;
  do {  // short pieces, of which the best is the least disturbed
    double begin = now(), operations = loop(1 << 16);
    double rate = operations / (now() - begin) * 1e-9;
    if (rate > best) best = rate;
  } while (now() < end);
  return best;
}
