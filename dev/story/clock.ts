// Preloaded into the web process of a story: a command happens at the time of the story, which the client names in the
// header x-story-time. Only the text of one line is changed as it is loaded; production knows no such header.
import { registerHooks } from 'node:module';
import { atStoryTime, FILES } from './story-time.ts';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const file = FILES.find((one) => url.endsWith(one));
    return file === undefined ? loaded : { ...loaded, source: atStoryTime(file, String(loaded.source)) };
  },
});
