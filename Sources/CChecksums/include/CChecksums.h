// The inner loop of SHA-256, in the processor's own instructions where it has them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Compresses `count` blocks of 64 bytes into a digest's state.
///
/// state: 8 words; blocks: count × 64 bytes. Source: FIPS 180-4, section 6.2.2.
void CChecksums_sha256(uint32_t *state, const uint8_t *blocks, size_t count);

/// The same in portable C, to compare with.
void CChecksums_sha256_portable(uint32_t *state, const uint8_t *blocks, size_t count);

#ifdef __cplusplus
}
#endif
