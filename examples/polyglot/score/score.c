/* Scores a word: it is given as it was typed, in small letters, and its points are answered as a number in JSON. */
#include "cogen.h"

/* How many letters a word may have: a board is fifteen wide. */
#define SHORTEST 2
#define LONGEST 15

/* What the letters from a to z are worth. */
static const unsigned char worth[26] = {1, 3, 3, 2, 1, 4, 2, 4, 1, 8, 5, 1, 3, 1, 1, 3, 10, 1, 1, 1, 1, 4, 4, 8, 4, 10};

cogen_error cogen_main(cogen_view word, cogen_bytes *value) {
    unsigned points = 0;
    for (size_t i = 0; i < word.length; i++) {
        char letter = word.data[i];
        if (letter < 'a' || letter > 'z') return cogen_fail("A word has letters from a to z only.");
        points += worth[letter - 'a'];
    }
    // Only now, when each byte is known to be a letter, do bytes count letters.
    if (word.length < SHORTEST || word.length > LONGEST) {
        return cogen_fail("A word has from %d to %d letters, and this has %zu.", SHORTEST, LONGEST, word.length);
    }
    *value = cogen_format("%u", points);
    return COGEN_OK;
}
