// SPDX-License-Identifier: Apache-2.0
// Answers as the original words them.
#pragma once

#include <string>
#include <string_view>

#include "core/api/problem.hpp"
#include "core/http/message.hpp"
#include "core/result.hpp"

namespace navistore::classic {

// Each makes the response a whole answer, whatever it was before.
void write_body(std::string body, http::Response &response);  // 200
void write_page(int status, std::string_view title, std::string_view text,
                http::Response &response);
void write_missing(http::Response &response);  // the 404 page
void write_failure(const Error &error, api::Access access, http::Response &response);

}  // namespace navistore::classic
