#include "CBox2D.h"

#include <box2d/box2d.h>

#include <cmath>
#include <cstdlib>
#include <mutex>
#include <vector>

struct CBox2D_world {
  b2World world{b2Vec2(0, 0)};
  b2Body *floor = nullptr;
  std::vector<b2Body *> bodies;
};

namespace {

bool finite(const float *values, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    if (!std::isfinite(values[i])) return false;
  return true;
}

b2Body *body_at(const CBox2D_world *world, int32_t body) {
  if (!world || body < 0 || body >= static_cast<int32_t>(world->bodies.size())) return nullptr;
  return world->bodies[static_cast<size_t>(body)];
}

bool usable(const CBox2D_material *material) {
  return material && finite(&material->density, 1) && finite(&material->friction, 1) &&
         finite(&material->restitution, 1) && material->density >= 0 && material->friction >= 0 &&
         material->restitution >= 0;
}

void add_fixture(b2Body *body, const b2Shape &shape, const CBox2D_material &material) {
  b2FixtureDef definition;
  definition.shape = &shape;
  definition.density = material.density;
  definition.friction = material.friction;
  definition.restitution = material.restitution;
  definition.filter.categoryBits = material.category;
  definition.filter.maskBits = material.mask;
  body->CreateFixture(&definition);
}

// Debian's libbox2d has its assertions on, so what it would abort at is refused before it gets
// there: sizes below its slop, vertices that it would weld, and shapes so far from the body's
// origin for their size that the inertia about the centre of mass rounds to nothing.
constexpr float smallest_size = b2_linearSlop;
constexpr float largest_offset = 100;  // in units of a shape's size
constexpr float largest_length = 1e4f;

float distance(const float *a, const float *b) { return std::hypot(a[0] - b[0], a[1] - b[1]); }

bool usable_circle(const float *center, float radius) {
  const float origin[2] = {0, 0};
  const float offset = distance(center, origin);
  return radius >= smallest_size && radius <= largest_length && offset <= largest_length &&
         offset <= largest_offset * radius;
}

bool usable_polygon(const float *vertices, int32_t count) {
  const float origin[2] = {0, 0};
  float extent = 0, offset = 0, doubled_area = 0;
  for (int32_t i = 0; i < count; i++) {
    const float *a = vertices + 2 * i;
    offset = std::fmax(offset, distance(a, origin));
    for (int32_t j = 0; j < i; j++) {
      const float *b = vertices + 2 * j;
      if (distance(a, b) < smallest_size) return false;
      extent = std::fmax(extent, distance(a, b));
      const float cross = (a[0] - vertices[0]) * (b[1] - vertices[1]) -
                          (a[1] - vertices[1]) * (b[0] - vertices[0]);
      doubled_area = std::fmax(doubled_area, std::fabs(cross));
    }
  }
  return offset <= largest_length && offset <= largest_offset * extent &&
         doubled_area >= smallest_size * extent;
}

/// Box2D fills a table of its own at the first contact of a process, without a lock: have that
/// happen once, here, before two threads can.
void fill_contact_table() {
  static std::once_flag once;
  std::call_once(once, [] {
    b2World world(b2Vec2(0, 0));
    b2CircleShape circle;
    circle.m_radius = 1;
    for (int i = 0; i < 2; i++) {
      b2BodyDef definition;
      definition.type = b2_dynamicBody;
      world.CreateBody(&definition)->CreateFixture(&circle, 1);
    }
    world.Step(0.01f, 1, 1);
  });
}

/// glibc gives the end of the heap back to the system when 128 kB of it are free, and asks for it
/// again: for a world, of 200 kB, that is two system calls and 50 page faults a step. It learns
/// from the largest block that was ever freed to wait for twice its size.
void keep_freed_memory() {
  static std::once_flag once;
  std::call_once(once, [] {
    void *volatile large = std::malloc(1 << 20);
    std::free(large);
  });
}

}  // namespace

extern "C" {

CBox2D_world *CBox2D_world_create(void) {
  try {
    fill_contact_table();
    keep_freed_memory();
    CBox2D_world *world = new CBox2D_world;
    world->world.SetAllowSleeping(false);
    world->world.SetContinuousPhysics(false);
    const b2BodyDef definition;
    world->floor = world->world.CreateBody(&definition);
    return world;
  } catch (...) {
    return nullptr;
  }
}

void CBox2D_world_destroy(CBox2D_world *world) { delete world; }

int32_t CBox2D_world_step(CBox2D_world *world, float seconds, int32_t velocity_iterations,
                          int32_t position_iterations) {
  if (!world || !(seconds > 0) || !std::isfinite(seconds)) return CBOX2D_BAD_ARGUMENT;
  if (velocity_iterations < 1 || position_iterations < 1) return CBOX2D_BAD_ARGUMENT;
  try {
    world->world.Step(seconds, velocity_iterations, position_iterations);
    return 0;
  } catch (...) {
    return CBOX2D_FAILURE;
  }
}

int32_t CBox2D_world_contacts(CBox2D_contact *contacts, const CBox2D_world *world,
                              int32_t capacity) {
  if (!world || (capacity > 0 && !contacts)) return CBOX2D_BAD_ARGUMENT;
  int32_t count = 0;
  for (b2Contact *contact = const_cast<b2World &>(world->world).GetContactList(); contact;
       contact = contact->GetNext()) {
    if (!contact->IsTouching()) continue;
    if (count < capacity) {
      b2WorldManifold manifold;
      contact->GetWorldManifold(&manifold);
      const uintptr_t first = contact->GetFixtureA()->GetBody()->GetUserData().pointer;
      const uintptr_t second = contact->GetFixtureB()->GetBody()->GetUserData().pointer;
      contacts[count] = {static_cast<int32_t>(first),
                         static_cast<int32_t>(second),
                         {manifold.normal.x, manifold.normal.y}};
    }
    count++;
  }
  return count;
}

int32_t CBox2D_body_create(CBox2D_world *world, const CBox2D_body_definition *definition) {
  if (!world || !definition) return CBOX2D_BAD_ARGUMENT;
  const CBox2D_body_definition &d = *definition;
  const float numbers[] = {d.position[0],      d.position[1],    d.angle,
                           d.velocity[0],      d.velocity[1],    d.angular_velocity,
                           d.linear_damping,   d.angular_damping};
  if (!finite(numbers, 8) || d.linear_damping < 0 || d.angular_damping < 0)
    return CBOX2D_BAD_ARGUMENT;
  if (d.kind < CBOX2D_STATIC || d.kind > CBOX2D_DYNAMIC) return CBOX2D_BAD_ARGUMENT;
  try {
    b2BodyDef body;
    body.type = d.kind == CBOX2D_STATIC      ? b2_staticBody
                : d.kind == CBOX2D_KINEMATIC ? b2_kinematicBody
                                             : b2_dynamicBody;
    body.position.Set(d.position[0], d.position[1]);
    body.angle = d.angle;
    body.linearVelocity.Set(d.velocity[0], d.velocity[1]);
    body.angularVelocity = d.angular_velocity;
    body.linearDamping = d.linear_damping;
    body.angularDamping = d.angular_damping;
    body.fixedRotation = d.fixed_rotation != 0;
    const size_t number = world->bodies.size();
    body.userData.pointer = number;
    world->bodies.reserve(number + 1);
    world->bodies.push_back(world->world.CreateBody(&body));
    return static_cast<int32_t>(number);
  } catch (...) {
    return CBOX2D_FAILURE;
  }
}

int32_t CBox2D_circle_create(CBox2D_world *world, int32_t body, const float *center, float radius,
                             const CBox2D_material *material) {
  b2Body *target = body_at(world, body);
  if (!target || !center || !finite(center, 2) || !std::isfinite(radius))
    return CBOX2D_BAD_ARGUMENT;
  if (!usable(material) || !usable_circle(center, radius)) return CBOX2D_BAD_ARGUMENT;
  try {
    b2CircleShape shape;
    shape.m_p.Set(center[0], center[1]);
    shape.m_radius = radius;
    add_fixture(target, shape, *material);
    return 0;
  } catch (...) {
    return CBOX2D_FAILURE;
  }
}

int32_t CBox2D_polygon_create(CBox2D_world *world, int32_t body, const float *vertices,
                              int32_t count, const CBox2D_material *material) {
  b2Body *target = body_at(world, body);
  if (!target || !vertices || count < 3 || count > b2_maxPolygonVertices)
    return CBOX2D_BAD_ARGUMENT;
  if (!finite(vertices, 2 * count) || !usable(material)) return CBOX2D_BAD_ARGUMENT;
  if (!usable_polygon(vertices, count)) return CBOX2D_BAD_ARGUMENT;
  try {
    b2Vec2 points[b2_maxPolygonVertices];
    for (int32_t i = 0; i < count; i++) points[i].Set(vertices[2 * i], vertices[2 * i + 1]);
    b2PolygonShape shape;
    shape.Set(points, count);
    add_fixture(target, shape, *material);
    return 0;
  } catch (...) {
    return CBOX2D_FAILURE;
  }
}

int32_t CBox2D_floor_friction_create(CBox2D_world *world, int32_t body, float max_force,
                                     float max_torque) {
  b2Body *target = body_at(world, body);
  if (!target || !(max_force >= 0) || !(max_torque >= 0)) return CBOX2D_BAD_ARGUMENT;
  if (!std::isfinite(max_force) || !std::isfinite(max_torque)) return CBOX2D_BAD_ARGUMENT;
  try {
    b2FrictionJointDef definition;
    definition.Initialize(world->floor, target, target->GetWorldCenter());
    definition.maxForce = max_force;
    definition.maxTorque = max_torque;
    definition.collideConnected = true;
    world->world.CreateJoint(&definition);
    return 0;
  } catch (...) {
    return CBOX2D_FAILURE;
  }
}

int32_t CBox2D_body_motion(CBox2D_motion *motion, const CBox2D_world *world, int32_t body) {
  const b2Body *source = body_at(world, body);
  if (!source || !motion) return CBOX2D_BAD_ARGUMENT;
  const b2Vec2 position = source->GetPosition(), velocity = source->GetLinearVelocity();
  *motion = {{position.x, position.y},
             source->GetAngle(),
             {velocity.x, velocity.y},
             source->GetAngularVelocity()};
  return 0;
}

int32_t CBox2D_body_set_pose(CBox2D_world *world, int32_t body, const float *position,
                             float angle) {
  b2Body *target = body_at(world, body);
  if (!target || !position || !finite(position, 2) || !std::isfinite(angle))
    return CBOX2D_BAD_ARGUMENT;
  target->SetTransform(b2Vec2(position[0], position[1]), angle);
  return 0;
}

int32_t CBox2D_body_set_velocity(CBox2D_world *world, int32_t body, const float *velocity,
                                 float angular_velocity) {
  b2Body *target = body_at(world, body);
  if (!target || !velocity || !finite(velocity, 2) || !std::isfinite(angular_velocity))
    return CBOX2D_BAD_ARGUMENT;
  target->SetLinearVelocity(b2Vec2(velocity[0], velocity[1]));
  target->SetAngularVelocity(angular_velocity);
  return 0;
}

int32_t CBox2D_body_set_mass(CBox2D_world *world, int32_t body, const CBox2D_mass *mass) {
  b2Body *target = body_at(world, body);
  if (!target || !mass || !finite(mass->center, 2)) return CBOX2D_BAD_ARGUMENT;
  const float numbers[] = {mass->mass, mass->inertia};
  if (!finite(numbers, 2) || !(mass->mass > 0) || !(mass->inertia > 0)) return CBOX2D_BAD_ARGUMENT;
  const b2Vec2 center(mass->center[0], mass->center[1]);
  // Box2D wants the inertia about the body's origin, and aborts where less its share of the centre
  // of mass nothing is left.
  const float inertia = mass->inertia + mass->mass * b2Dot(center, center);
  if (!std::isfinite(inertia) || !(inertia - mass->mass * b2Dot(center, center) > 0))
    return CBOX2D_BAD_ARGUMENT;
  b2MassData data;
  data.mass = mass->mass;
  data.center = center;
  data.I = inertia;
  target->SetMassData(&data);
  return 0;
}

int32_t CBox2D_body_mass(CBox2D_mass *mass, const CBox2D_world *world, int32_t body) {
  const b2Body *source = body_at(world, body);
  if (!source || !mass) return CBOX2D_BAD_ARGUMENT;
  const b2Vec2 center = source->GetLocalCenter();
  // Box2D gives the inertia about the body's origin.
  const float inertia = source->GetInertia() - source->GetMass() * b2Dot(center, center);
  *mass = {source->GetMass(), inertia, {center.x, center.y}};
  return 0;
}

}  // extern "C"
