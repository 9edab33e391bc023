"""WeChat shop (微信小店, formerly 视频号小店) over its store API."""
