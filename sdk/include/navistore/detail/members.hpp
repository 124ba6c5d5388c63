// SPDX-License-Identifier: Apache-2.0
// Which optional members a store class has. Found by name, so that a wrong signature is a compile
// error and not an interface that is silently missing.
#pragma once
#include <type_traits>

namespace navistore::backend::detail {

#define NAVISTORE_DETECT_MEMBER(member)     \
  template <class Store, class = void>      \
  struct Has_##member : std::false_type {}; \
  template <class Store>                    \
  struct Has_##member<Store, std::void_t<decltype(&Store::member)>> : std::true_type {}

NAVISTORE_DETECT_MEMBER(changes);
NAVISTORE_DETECT_MEMBER(trim);
NAVISTORE_DETECT_MEMBER(arm);
NAVISTORE_DETECT_MEMBER(purge);
NAVISTORE_DETECT_MEMBER(compact);
NAVISTORE_DETECT_MEMBER(verify);
NAVISTORE_DETECT_MEMBER(backup);
#undef NAVISTORE_DETECT_MEMBER

template <class Store>
inline constexpr bool kHasChanges = Has_changes<Store>::value;
template <class Store>
inline constexpr bool kHasWatch = Has_arm<Store>::value;
template <class Store>
inline constexpr bool kHasUpkeep = Has_purge<Store>::value;

// An interface is offered whole or not at all.
template <class Store>
struct Complete {
  static_assert(Has_changes<Store>::value == Has_trim<Store>::value,
                "changes and trim come together");
  static_assert(!Has_arm<Store>::value || Has_changes<Store>::value, "arm needs changes");
  static_assert(Has_purge<Store>::value == Has_compact<Store>::value &&
                    Has_purge<Store>::value == Has_verify<Store>::value &&
                    Has_purge<Store>::value == Has_backup<Store>::value,
                "purge, compact, verify and backup come together");
  static constexpr bool kValue = true;
};

}  // namespace navistore::backend::detail
