// SPDX-License-Identifier: Apache-2.0
// The three loops of pe.csl in plain C: what the same machine does without a simulator.
// reference LOOP ROUNDS: prints {"seconds": ..., "answer": ...}.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kTerms = 1000, kRows = 20, kCols = 30, kItems = 50 };

static int32_t numbers[kTerms];
static float matrix[kRows * kCols], x[kCols], y[kRows];
static int16_t unsorted[kItems], sorted[kItems];

// Keeps the compiler from moving work out of the loop over rounds.
#define OPAQUE() __asm__ volatile("" ::: "memory")

static double SumI32(long rounds) {
  int32_t sum = 0;
  for (int i = 0; i < kTerms; ++i) numbers[i] = i - 400;
  for (long round = 0; round < rounds; ++round) {
    OPAQUE();
    sum = 0;
    for (int16_t i = 0; i < kTerms; ++i) sum += numbers[i];
  }
  return (float)sum;
}

static double GemvF32(long rounds) {
  for (int i = 0; i < kRows * kCols; ++i) matrix[i] = (float)(i % 7);
  for (int j = 0; j < kCols; ++j) x[j] = (float)(j % 3);
  for (long round = 0; round < rounds; ++round) {
    OPAQUE();
    for (int16_t i = 0; i < kRows; ++i) {
      float sum = 0;
      for (int16_t j = 0; j < kCols; ++j) sum += matrix[i * kCols + j] * x[j];
      y[i] = sum;
    }
  }
  return y[0] + 1000.0f * y[kRows - 1];
}

static double SortI16(long rounds) {
  int16_t value = 12345;
  for (int i = 0; i < kItems; ++i) {
    value = (int16_t)((uint32_t)value * 25173u + 13849u);
    unsorted[i] = value;
  }
  for (long round = 0; round < rounds; ++round) {
    OPAQUE();
    memcpy(sorted, unsorted, sizeof(sorted));
    for (int16_t i = 0; i < kItems - 1; ++i) {
      int16_t lowest = i;
      for (int16_t j = (int16_t)(i + 1); j < kItems; ++j) {
        if (sorted[j] < sorted[lowest]) lowest = j;
      }
      const int16_t moved = sorted[i];
      sorted[i] = sorted[lowest];
      sorted[lowest] = moved;
    }
  }
  return sorted[0] * 4.0 + sorted[kItems - 1];
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const long rounds = atol(argv[2]);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  double answer = 0;
  if (strcmp(argv[1], "sum_i32") == 0) answer = SumI32(rounds);
  if (strcmp(argv[1], "gemv_f32") == 0) answer = GemvF32(rounds);
  if (strcmp(argv[1], "sort_i16") == 0) answer = SortI16(rounds);
  clock_gettime(CLOCK_MONOTONIC, &end);
  const double seconds =
      (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
  printf("{\"seconds\": %.9f, \"answer\": %.1f}\n", seconds, answer);
  return 0;
}
