// How the tables are put together. A family is a group of kernels in one file; for each family and instruction set
// there is a function that writes the family's entries into a table: apus_fill_<family>_<isa>. cpu.c calls the scalar
// ones first and the vector ones over them, so a family without a vector version runs as plain loops.
#ifndef APUS_FAMILIES_H
#define APUS_FAMILIES_H

#include "include/CApusKernels.h"

// One line a family, so that neighbours can add theirs.
#define APUS_VECTOR_FAMILIES(X) \
  X(product)                    \
  X(functions)                  \
  X(elementwise)                \
  X(activation)                 \
  X(optimizer)                  \
  X(convert)                    \
  X(norm)                       \
  X(softmax)                    \
  X(rope)                       \
  X(attention)                  \
  X(cross_entropy)              \
  X(rows)                       \
  X(dropout)                    \
  X(blocks)

// Writing files' numbers has no vector version.
#define APUS_SCALAR_FAMILIES(X) \
  APUS_VECTOR_FAMILIES(X)       \
  X(quantize)

#define APUS_DECLARE_FILL(family, isa) void apus_fill_##family##_##isa(apus_kernels *_Nonnull);
#define APUS_DECLARE_SCALAR(family) APUS_DECLARE_FILL(family, scalar)
APUS_SCALAR_FAMILIES(APUS_DECLARE_SCALAR)
#if defined(__x86_64__)
#define APUS_DECLARE_X86(family) APUS_DECLARE_FILL(family, avx2) APUS_DECLARE_FILL(family, avx512)
APUS_VECTOR_FAMILIES(APUS_DECLARE_X86)
#elif defined(__aarch64__)
#define APUS_DECLARE_NEON(family) APUS_DECLARE_FILL(family, neon)
APUS_VECTOR_FAMILIES(APUS_DECLARE_NEON)
#endif

// Register-only multiply-adds for apus_measure_peak: `rounds` rounds; returns the operations done.
#define APUS_DECLARE_PEAK(isa) double apus_peak_##isa(uint64_t rounds);
APUS_DECLARE_PEAK(scalar)
APUS_DECLARE_PEAK(avx2)
APUS_DECLARE_PEAK(avx512)
APUS_DECLARE_PEAK(neon)

#endif
