#ifndef CBOX2D_H
#define CBOX2D_H

// A C face on Box2D 2.4: worlds seen from above (no gravity), made of bodies that are numbered in
// the order of their creation. No function throws, prints or exits: a function that returns
// `int32_t` gives 0 or a count or number for success, and a negative status otherwise.
// One thread at a time may use a world; different worlds may be used by different threads.

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Statuses: an argument that is not usable (a NaN, a body that does not exist, a polygon without
/// an area), and a failure inside the library (no memory).
#define CBOX2D_BAD_ARGUMENT (-1)
#define CBOX2D_FAILURE (-2)

/// Kinds of bodies: never moves; moves as told; moves by forces and contacts.
#define CBOX2D_STATIC 0
#define CBOX2D_KINEMATIC 1
#define CBOX2D_DYNAMIC 2

typedef struct CBox2D_world CBox2D_world;

/// How a body begins. Angles in radians, damping in 1/s.
typedef struct {
  int32_t kind;
  float position[2];
  float angle;
  float velocity[2];
  float angular_velocity;
  float linear_damping;
  float angular_damping;
  int32_t fixed_rotation;
} CBox2D_body_definition;

/// What a fixture is made of, and what it collides with: two fixtures touch when the category of
/// each is in the mask of the other.
typedef struct {
  float density;
  float friction;
  float restitution;
  uint16_t category;
  uint16_t mask;
} CBox2D_material;

/// Where a body is and how it moves: position [2], angle, velocity [2], angular velocity.
typedef struct {
  float position[2];
  float angle;
  float velocity[2];
  float angular_velocity;
} CBox2D_motion;

/// Mass, inertia about the centre of mass, and the centre of mass [2] in the body's frame.
typedef struct {
  float mass;
  float inertia;
  float center[2];
} CBox2D_mass;

/// Two bodies that touch; the normal [2] has length 1 and points from the first to the second.
typedef struct {
  int32_t first;
  int32_t second;
  float normal[2];
} CBox2D_contact;

/// An empty world without gravity, sleeping or continuous collision; NULL when there is no memory.
CBox2D_world *CBox2D_world_create(void);

/// Frees a world with all its bodies; NULL is allowed.
void CBox2D_world_destroy(CBox2D_world *world);

/// Advances by `seconds` > 0 with the given numbers of solver iterations (at least 1 each).
int32_t CBox2D_world_step(CBox2D_world *world, float seconds, int32_t velocity_iterations,
                          int32_t position_iterations);

/// Writes up to `capacity` touching pairs to `contacts` [capacity]; returns how many there are.
int32_t CBox2D_world_contacts(CBox2D_contact *contacts, const CBox2D_world *world,
                              int32_t capacity);

/// Adds a body without fixtures and returns its number, counted from 0.
int32_t CBox2D_body_create(CBox2D_world *world, const CBox2D_body_definition *definition);

/// Adds a circle with `center` [2] in the body's frame.
int32_t CBox2D_circle_create(CBox2D_world *world, int32_t body, const float *center, float radius,
                             const CBox2D_material *material);

/// Adds the convex hull of `vertices` [count, 2], 3 ≤ count ≤ 8, in the body's frame.
int32_t CBox2D_polygon_create(CBox2D_world *world, int32_t body, const float *vertices,
                              int32_t count, const CBox2D_material *material);

/// Adds dry friction between a body and the floor: the force and torque that at most oppose its
/// motion. Box2D's friction joint to a body of the world's own that never moves.
int32_t CBox2D_floor_friction_create(CBox2D_world *world, int32_t body, float max_force,
                                     float max_torque);

/// Reads where a body is and how it moves.
int32_t CBox2D_body_motion(CBox2D_motion *motion, const CBox2D_world *world, int32_t body);

/// Puts a body somewhere, `position` [2], and leaves its velocity.
int32_t CBox2D_body_set_pose(CBox2D_world *world, int32_t body, const float *position,
                             float angle);

/// Sets how a body moves, `velocity` [2].
int32_t CBox2D_body_set_velocity(CBox2D_world *world, int32_t body, const float *velocity,
                                 float angular_velocity);

/// Makes a body weigh what is said instead of what its fixtures do; call it after they are added.
/// Mass and inertia above 0.
int32_t CBox2D_body_set_mass(CBox2D_world *world, int32_t body, const CBox2D_mass *mass);

/// Reads what a body weighs.
int32_t CBox2D_body_mass(CBox2D_mass *mass, const CBox2D_world *world, int32_t body);

#ifdef __cplusplus
}
#endif

#endif
