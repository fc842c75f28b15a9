// What an HTTP receiver's answer means for a message, the same for every channel that posts.
#pragma once

#include <string>

#include "collector/delivery/channel.h"
#include "collector/delivery/http_client.h"

namespace steward::collector {

// 2xx delivered; 429, 5xx, redirects and no answer: again; other 4xx and a wrong address: never.
SendOutcome HttpOutcome(const HttpAnswer& response);

// What to do when there was no answer at all.
std::string RemedyFor(HttpFailure failure);

// On one line, without what could steer a terminal.
std::string CleanAnswer(std::string text);

}  // namespace steward::collector
