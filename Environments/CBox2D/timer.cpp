// Box2D reads the clock some ten times a step for a profile of itself that nobody here reads, which
// is a third of the time of these small worlds. Its timer is defined here once more, without a
// clock: the linker takes this definition for the library's calls too. Motion does not depend on
// it.
#include <box2d/b2_timer.h>

b2Timer::b2Timer() {}

void b2Timer::Reset() {}

float b2Timer::GetMilliseconds() const { return 0; }
