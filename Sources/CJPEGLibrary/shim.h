// jpeglib.h wants what it uses to be declared before it.
#include <stddef.h>
#include <stdio.h>
#include <jpeglib.h>
